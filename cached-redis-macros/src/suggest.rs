//! The nearest name to one that does not exist. Pure; imports nothing of ours.

/// The entry of `known` that `wanted` was most likely meant to be, if any is near enough.
pub(crate) fn nearest<'a>(
    wanted: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = plain(wanted);
    known
        .into_iter()
        .filter_map(|name| Some((closeness(&wanted, &plain(name))?, name)))
        // `min_by_key` keeps the first of equals, so the answer follows the order of declaration.
        .min_by_key(|(closeness, _)| *closeness)
        .map(|(_, name)| name)
}

fn plain(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// `None` when the names have nothing to do with each other; smaller is nearer.
/// A typing slip beats an abbreviation (`uid` for `user_id`), which beats a shared word.
fn closeness(wanted: &[char], known: &[char]) -> Option<(u8, usize)> {
    let distance = distance(wanted, known);
    let longer = wanted.len().max(known.len());
    if distance <= longer.max(3) / 3 && distance < longer {
        Some((0, distance))
    } else if abbreviates(wanted, known) || abbreviates(known, wanted) {
        Some((1, distance))
    } else if shares_word(wanted, known) {
        Some((2, distance))
    } else {
        None
    }
}

/// Damerau-Levenshtein in its "optimal string alignment" form: a swap of neighbours counts once.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(above.len());
        row.push(i + 1);
        for (j, &y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(x != y);
            let mut best = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// `uid` abbreviates `user_id`: same first letter, all letters in order, at least two of them.
fn abbreviates(short: &[char], long: &[char]) -> bool {
    let mut rest = long.iter();
    short.len() >= 2
        && short.len() < long.len()
        && short.first() == long.first()
        && short.iter().all(|c| rest.any(|d| d == c))
}

fn shares_word(a: &[char], b: &[char]) -> bool {
    a.split(|c| *c == '_')
        .filter(|word| word.len() >= 2)
        .any(|word| b.split(|c| *c == '_').any(|other| other == word))
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    fn between(a: &str, b: &str) -> usize {
        distance(
            &a.chars().collect::<Vec<_>>(),
            &b.chars().collect::<Vec<_>>(),
        )
    }

    #[test]
    fn counts_slips() {
        assert_eq!(between("", ""), 0);
        assert_eq!(between("", "abc"), 3);
        assert_eq!(between("ttl", "ttl"), 0);
        assert_eq!(between("tlt", "ttl"), 1);
        assert_eq!(between("jiter", "jitter"), 1);
        assert_eq!(between("codex", "codec"), 1);
    }

    #[test]
    fn finds_the_name_that_was_meant() {
        let cases = [
            ("tll", &["key", "ttl", "jitter"][..], Some("ttl")),
            ("user_id", &["uid", "tenant"], Some("uid")),
            ("usr_id", &["tenant", "user_id"], Some("user_id")),
            ("ID", &["id"], Some("id")),
            ("id", &["user_id", "db"], Some("user_id")),
            ("order", &["user", "id"], None),
            ("x", &["y"], None),
            ("expire", &["key", "ttl"], None),
            ("anything", &[], None),
        ];
        for (wanted, known, expected) in cases {
            assert_eq!(nearest(wanted, known.iter().copied()), expected, "{wanted}");
        }
    }

    #[test]
    fn of_equals_the_first_declared_wins() {
        assert_eq!(nearest("ax", ["at", "as"]), Some("at"));
    }
}
