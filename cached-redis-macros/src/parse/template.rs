//! The key mini-language: text with `<path>` in it. Pure: no syn, no spans, only byte ranges.
//!
//! Text is literal, `<<` and `>>` are literal angle brackets, and a path is a name followed by
//! `.field`s or `.0`s. `{` and `}` mean nothing here and pass through; the first pair that Redis Cluster
//! would honour as a hash tag is recorded for the checks.

use std::ops::Range;

/// A template without a mistake in its own grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) parts: Vec<Part>,
    pub(crate) tag: Tag,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Literal text, with `<<` and `>>` already undone.
    Text(String),
    Hole(Hole),
}

/// One `<path>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hole {
    /// With the angle brackets.
    pub(crate) whole: Range<usize>,
    /// Without them.
    pub(crate) path: Range<usize>,
    pub(crate) root: String,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Name(String),
    Index(u32),
}

/// The part of the key that Redis Cluster hashes: from the first `{` to the next `}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tag {
    None,
    /// Opened and never closed.
    Open(Range<usize>),
    /// `{}`: Redis ignores it, and every tag after it.
    Empty(Range<usize>),
    Closed {
        whole: Range<usize>,
        has_hole: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) at: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// Nothing, or only white space.
    Empty,
    /// A `<` without its `>`.
    Unclosed,
    /// A `>` without its `<`.
    Stray,
    /// `<>`.
    EmptyHole,
    /// `<r#type>`.
    RawName,
    /// `< id >`.
    Space,
    /// `<a.>`, `<a..b>`, `<.a>`: a dot with no name beside it.
    Dot,
    /// `<1>`, `<a.01>`: digits where a name must stand, or an index that is none.
    Digits,
    /// A character that no path has.
    Character(char),
}

/// Reads a template, or finds everything that is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Template, Vec<Problem>> {
    let mut reader = Reader::default();
    if text.trim().is_empty() {
        reader.problem(ProblemKind::Empty, 0..text.len());
    } else {
        reader.read(text);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    parts: Vec<Part>,
    problems: Vec<Problem>,
    tag: TagReader,
}

impl Reader {
    fn problem(&mut self, kind: ProblemKind, at: Range<usize>) {
        self.problems.push(Problem { kind, at });
    }

    fn read(&mut self, text: &str) {
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let doubled = text[at + first.len_utf8()..].starts_with(first);
            at = match first {
                '<' | '>' if doubled => {
                    self.literal(first, at);
                    at + 2
                }
                '<' => self.hole(text, at),
                '>' => {
                    self.problem(ProblemKind::Stray, at..at + 1);
                    at + 1
                }
                other => {
                    self.literal(other, at);
                    at + other.len_utf8()
                }
            };
        }
    }

    fn literal(&mut self, c: char, at: usize) {
        self.tag.literal(c, at);
        if let Some(Part::Text(text)) = self.parts.last_mut() {
            text.push(c);
        } else {
            self.parts.push(Part::Text(c.into()));
        }
    }

    /// Reads from a `<` and returns where to go on.
    fn hole(&mut self, text: &str, open: usize) -> usize {
        let start = open + 1;
        let Some(length) = text[start..].find(['<', '>']) else {
            self.problem(ProblemKind::Unclosed, open..text.len());
            return text.len();
        };
        let end = start + length;
        if text[end..].starts_with('<') {
            self.problem(ProblemKind::Unclosed, open..end);
            return end;
        }
        match path(&text[start..end], start) {
            Ok((root, fields)) => {
                self.tag.hole();
                self.parts.push(Part::Hole(Hole {
                    whole: open..end + 1,
                    path: start..end,
                    root,
                    fields,
                }));
            }
            Err(problem) => self.problems.push(problem),
        }
        end + 1
    }

    fn finish(self) -> Result<Template, Vec<Problem>> {
        if self.problems.is_empty() {
            Ok(Template {
                parts: self.parts,
                tag: self.tag.finish(),
            })
        } else {
            Err(self.problems)
        }
    }
}

/// `root.field.0`, where `text` begins at byte `offset` of the template.
fn path(text: &str, offset: usize) -> Result<(String, Vec<Field>), Problem> {
    let problem = |kind, at: Range<usize>| Problem {
        kind,
        at: offset + at.start..offset + at.end,
    };
    if text.is_empty() {
        // The brackets are the culprit: there is nothing between them to point at.
        return Err(Problem {
            kind: ProblemKind::EmptyHole,
            at: offset - 1..offset + 1,
        });
    }
    if text.starts_with("r#") {
        return Err(problem(ProblemKind::RawName, 0..text.len()));
    }
    let mut strange = text.char_indices().filter(|(_, c)| !is_path(*c));
    if let Some((at, c)) = strange.find(|(_, c)| !c.is_whitespace()) {
        return Err(problem(ProblemKind::Character(c), at..at + c.len_utf8()));
    }
    if text.contains(char::is_whitespace) {
        return Err(problem(ProblemKind::Space, 0..text.len()));
    }
    let mut root = None;
    let mut fields = Vec::new();
    let mut at = 0;
    for step in text.split('.') {
        let here = at..at + step.len();
        at = here.end + 1;
        let digits = step.starts_with(|c: char| c.is_ascii_digit());
        match (step.is_empty(), &root, digits) {
            (true, ..) => {
                let dot = here.start.saturating_sub(1);
                return Err(problem(ProblemKind::Dot, dot..dot + 1));
            }
            (_, None, false) => root = Some(step.to_owned()),
            (_, Some(_), false) => fields.push(Field::Name(step.to_owned())),
            (_, Some(_), true) => match step.parse::<u32>() {
                Ok(index) if index.to_string() == step => fields.push(Field::Index(index)),
                _ => return Err(problem(ProblemKind::Digits, here)),
            },
            (_, None, true) => return Err(problem(ProblemKind::Digits, here)),
        }
    }
    Ok((root.unwrap_or_default(), fields))
}

fn is_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphabetic()) || c == '_' || c == '.'
}

/// Follows the rule of the cluster specification: the first `{`, then the first `}` after it.
#[derive(Default)]
struct TagReader {
    open: Option<usize>,
    has_content: bool,
    has_hole: bool,
    closed: Option<usize>,
}

impl TagReader {
    fn literal(&mut self, c: char, at: usize) {
        match (self.open, self.closed, c) {
            (None, _, '{') => self.open = Some(at),
            (Some(_), None, '}') => self.closed = Some(at),
            (Some(_), None, _) => self.has_content = true,
            _ => {}
        }
    }

    fn hole(&mut self) {
        if self.open.is_some() && self.closed.is_none() {
            self.has_content = true;
            self.has_hole = true;
        }
    }

    fn finish(self) -> Tag {
        match (self.open, self.closed) {
            (None, _) => Tag::None,
            (Some(open), None) => Tag::Open(open..open + 1),
            (Some(open), Some(close)) if self.has_content => Tag::Closed {
                whole: open..close + 1,
                has_hole: self.has_hole,
            },
            (Some(open), Some(close)) => Tag::Empty(open..close + 1),
        }
    }
}

#[cfg(test)]
#[path = "../tests/template.rs"]
mod tests;
