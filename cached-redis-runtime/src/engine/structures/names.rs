//! The names of the keys beside a structure's: stored data, held still by `tests/golden_structures.rs`.
//!
//! A Redis Cluster hashes what stands between a key's first braces, or the whole key. So a key with a hash tag gives its
//! whole text to those beside it, and one without is itself their hash tag. The two are told apart by what follows the colon:
//! `shop:%beside:next:{shop:board:1}` is beside `shop:board:1`, and `shop:%beside:next::board:{eu}` beside `shop:board:{eu}`.

use crate::store::Names;

/// What they begin with, behind the namespace, as those of tags do.
const PREFIX: &str = "%beside:";

/// The names of the keys beside one.
#[derive(Debug)]
pub(super) struct Beside {
    writers: String,
    until: String,
    next: String,
}

impl Beside {
    /// `None` where no name would be in the key's slot: it is empty, or has a brace that is no hash tag.
    pub(super) fn of(namespace: &str, key: &str) -> Option<Self> {
        let tail = if has_tag(key) {
            let text = key.strip_prefix(namespace).unwrap_or(key);
            format!(":{text}")
        } else if key.is_empty() || key.contains('}') {
            return None;
        } else {
            format!("{{{key}}}")
        };
        let name = |role: &str| format!("{namespace}{PREFIX}{role}:{tail}");
        Some(Self {
            writers: name("writers"),
            until: name("until"),
            next: name("next"),
        })
    }

    pub(super) fn names<'a>(&'a self, key: &'a str) -> Names<'a> {
        Names {
            key,
            writers: &self.writers,
            until: &self.until,
            next: &self.next,
        }
    }
}

fn has_tag(key: &str) -> bool {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'));
    tag.is_some_and(|(tag, _)| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writers(namespace: &str, key: &str) -> Option<String> {
        Beside::of(namespace, key).map(|beside| beside.writers)
    }

    #[test]
    fn names_keep_the_slot_of_the_key() {
        for (namespace, key, expected) in [
            ("", "board:1", "%beside:writers:{board:1}"),
            (
                "shop:",
                "shop:board:1",
                "shop:%beside:writers:{shop:board:1}",
            ),
            (
                "shop:",
                "shop:board:{eu}:1",
                "shop:%beside:writers::board:{eu}:1",
            ),
            ("", "{a}{b}", "%beside:writers::{a}{b}"),
            ("", "a", "%beside:writers:{a}"),
            ("", "{a}", "%beside:writers::{a}"),
            ("", "open{", "%beside:writers:{open{}"),
        ] {
            assert_eq!(writers(namespace, key).as_deref(), Some(expected));
        }
        assert_eq!(writers("", "a}"), None);
        assert_eq!(writers("", "a{}b"), None);
    }

    /// What a cluster hashes of a key, as its specification says.
    fn hashed(key: &str) -> &str {
        let Some(open) = key.find('{') else {
            return key;
        };
        match key[open + 1..].find('}') {
            None | Some(0) => key,
            Some(length) => &key[open + 1..][..length],
        }
    }

    /// However its braces stand. A namespace has none.
    #[test]
    fn every_name_is_in_the_slot_of_its_key() {
        let mut texts = vec![String::new()];
        let mut beside = 0;
        for at in 0.. {
            let text = texts[at].clone();
            for namespace in ["", "shop:"] {
                let key = format!("{namespace}{text}");
                if let Some(names) = Beside::of(namespace, &key) {
                    beside += 1;
                    for name in [names.writers, names.until, names.next] {
                        assert_eq!(hashed(&name), hashed(&key), "{name} beside {key}");
                    }
                }
            }
            if text.len() == 7 {
                break;
            }
            texts.extend(["a", "{", "}"].map(|sign| format!("{text}{sign}")));
        }
        assert!(beside > 100, "{beside}");
    }
}
