//! What cannot be seen of tags in one function alone.

use core::fmt;
use std::collections::BTreeSet;

use super::Entry;
use super::check::CatalogueError;
use super::pattern::Pattern;

/// As generous as the check of keys: whatever the placeholders' types and whichever cache.
pub(super) fn nothing_has(entries: &[Entry], errors: &mut Vec<CatalogueError>) {
    let given = of_all(entries, Entry::makes_entries);
    let is_invalidation = |entry: Entry| !entry.makes_entries();
    for (invalidation, tag, pattern) in of_all(entries, is_invalidation) {
        if given.iter().any(|(_, _, given)| given.overlaps(&pattern)) {
            continue;
        }
        let near = given.iter().filter(|(_, _, given)| given.is_near(&pattern));
        let nearest = near.min_by_key(|(_, _, given)| given.distance(&pattern));
        errors.push(CatalogueError::NothingHas {
            invalidation,
            tag,
            nearest: nearest.map(|(reader, tag, _)| (*tag, *reader)),
        });
    }
}

fn of_all(entries: &[Entry], is: impl Fn(Entry) -> bool) -> Vec<(Entry, &'static str, Pattern)> {
    let entries = entries.iter().filter(|entry| is(**entry));
    let tags = entries.flat_map(|entry| entry.tags().iter().map(move |tag| (*entry, *tag)));
    let tags = tags.map(|(entry, tag)| (entry, tag, Pattern::new(tag, 0)));
    tags.collect()
}

/// The tags of a reader's entries, whatever their placeholders are called.
pub(super) fn of(reader: Entry) -> BTreeSet<String> {
    let tags = reader.tags().iter();
    tags.map(|tag| Pattern::new(tag, 0).shape().to_owned())
        .collect()
}

pub(super) fn differ(f: &mut fmt::Formatter<'_>, one: Entry, other: Entry) -> fmt::Result {
    let template = one.templates().first().copied().unwrap_or_default();
    write!(f, "`{template}` is read with different tags")?;
    for reader in [one, other] {
        match reader.tags() {
            [] => write!(f, "\n    none: {reader}")?,
            tags => write!(f, "\n    `{}`: {reader}", tags.join("`, `"))?,
        }
    }
    f.write_str("\n  an entry has those of the function that made it: give both the same")
}
