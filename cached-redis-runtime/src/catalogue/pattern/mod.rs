//! Templates as sets of key texts: whether two of them have a text in common.

/// A placeholder in a [`Pattern`]'s shape. No key text has this character: a template is source text.
const HOLE: char = '\0';

/// What the keys of a template look like.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    shape: String,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Char(char),
    /// One of these.
    One(Chars),
    /// Any number of these, also none.
    Any(Chars),
}

/// What a value may write.
#[derive(Clone, Copy, Debug)]
enum Chars {
    Integer,
    /// Whatever goes through a `KeyWriter`.
    Value,
}

impl Chars {
    fn contains(self, c: char) -> bool {
        match self {
            Self::Integer => c.is_ascii_digit() || c == '-',
            Self::Value => c.is_ascii_alphanumeric() || "-._@+%~(),[]".contains(c),
        }
    }
}

impl Pattern {
    /// Bit `i` of `integers` is set if placeholder `i` is an integer.
    pub(super) fn new(template: &str, integers: u64) -> Self {
        let mut parts = Vec::new();
        let mut shape = String::new();
        let mut holes = 0_u32;
        let mut chars = template.chars();
        while let Some(c) = chars.next() {
            if c == '<' && !chars.as_str().starts_with('<') {
                let integer = integers
                    .checked_shr(holes)
                    .is_some_and(|mask| mask & 1 == 1);
                holes += 1;
                if integer {
                    parts.extend([Part::One(Chars::Integer), Part::Any(Chars::Integer)]);
                } else {
                    parts.push(Part::Any(Chars::Value));
                }
                shape.push(HOLE);
                // Up to the closing bracket; what is inside is the placeholder's own business.
                chars.by_ref().find(|&c| c == '>');
                continue;
            }
            if matches!(c, '<' | '>') {
                // The second of a pair that stands for one.
                chars.next();
            }
            parts.push(Part::Char(c));
            shape.push(c);
        }
        Self { parts, shape }
    }

    /// The literal text with all placeholders alike: templates of one shape are one template with other names.
    pub(super) fn shape(&self) -> &str {
        &self.shape
    }

    /// Whether some key text belongs to both.
    ///
    /// `reached[j]` says whether the parts before `i` here and those before `j` there can write the same text.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let mut reached = vec![false; other.parts.len() + 1];
        reached[0] = true;
        for i in 0..=self.parts.len() {
            let here = self.parts.get(i).copied();
            let mut next = vec![false; reached.len()];
            for j in 0..reached.len() {
                if !reached[j] {
                    continue;
                }
                let there = other.parts.get(j).copied();
                // Either side may be done with a part that repeats.
                next[j] |= here.is_some_and(Part::repeats);
                if let Some(there) = there {
                    reached[j + 1] |= there.repeats();
                    // Both write one character; a part that repeats stays where it is.
                    if here.is_some_and(|here| here.meets(there)) {
                        let stays = here.is_some_and(Part::repeats);
                        let step = usize::from(!there.repeats());
                        let row = if stays { &mut reached } else { &mut next };
                        row[j + step] = true;
                    }
                }
            }
            if i == self.parts.len() {
                return reached[other.parts.len()];
            }
            reached = next;
        }
        false
    }

    /// How many characters and placeholders have to be put in, taken out or exchanged to make this shape the other one.
    pub(super) fn distance(&self, other: &Self) -> usize {
        let there: Vec<char> = other.shape.chars().collect();
        let mut row: Vec<usize> = (0..=there.len()).collect();
        for (i, a) in self.shape.chars().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, &b) in there.iter().enumerate() {
                let exchanged = diagonal + usize::from(a != b);
                diagonal = row[j + 1];
                row[j + 1] = exchanged.min(diagonal + 1).min(row[j] + 1);
            }
        }
        row[there.len()]
    }

    /// Whether the other one could be what was meant.
    pub(super) fn is_near(&self, other: &Self) -> bool {
        let longer = self.shape.chars().count().max(other.shape.chars().count());
        self.distance(other) * 2 <= longer
    }
}

impl Part {
    fn repeats(self) -> bool {
        matches!(self, Self::Any(_))
    }

    /// Whether both can write the same character.
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(a), Self::Char(b)) => a == b,
            (Self::Char(c), Self::One(chars) | Self::Any(chars))
            | (Self::One(chars) | Self::Any(chars), Self::Char(c)) => chars.contains(c),
            // Each of them may write digits.
            (Self::One(_) | Self::Any(_), Self::One(_) | Self::Any(_)) => true,
        }
    }
}

#[cfg(test)]
mod tests;
