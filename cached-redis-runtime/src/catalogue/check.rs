//! What cannot be seen in one function alone.

use core::fmt;
use std::collections::BTreeMap;

use super::pattern::Pattern;
use super::{Entry, tags};
use crate::codec::Format;

/// One thing that is wrong with a [`Catalogue`](super::Catalogue).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CatalogueError {
    /// An invalidation, or a write-through, of a key that no annotated function reads, and no
    /// [`ReadThrough`](crate::ReadThrough) that was made before [`catalogue`](crate::catalogue()) was called.
    #[non_exhaustive]
    NothingReads {
        /// The invalidation.
        invalidation: Entry,
        /// The one of its templates that matches nothing.
        template: &'static str,
        /// The reader that was perhaps meant.
        nearest: Option<Entry>,
    },
    /// An invalidation of a tag that no annotated function gives its entries.
    #[non_exhaustive]
    NothingHas {
        /// The invalidation.
        invalidation: Entry,
        /// The one of its tags that matches nothing.
        tag: &'static str,
        /// The tag that was perhaps meant, and a reader whose entries have it.
        nearest: Option<(&'static str, Entry)>,
    },
    /// One template, read with different tags: an entry has those of the function that made it.
    #[non_exhaustive]
    Tags {
        /// One reader.
        one: Entry,
        /// The other.
        other: Entry,
    },
    /// One template, read as two value types: each call replaces what the other has stored.
    #[non_exhaustive]
    ValueTypes {
        /// One reader.
        one: Entry,
        /// The other.
        other: Entry,
    },
    /// One template, read in two formats: each call replaces what the other has stored.
    #[non_exhaustive]
    Formats {
        /// One reader.
        one: Entry,
        /// The other.
        other: Entry,
    },
    /// One template, kept in two layouts, or as two structures, or as one and an entry: what one has stored, the other cannot read.
    #[non_exhaustive]
    Layouts {
        /// One function.
        one: Entry,
        /// The other.
        other: Entry,
    },
    /// One template, read in two versions: each call replaces what the other has stored.
    #[non_exhaustive]
    Versions {
        /// One reader.
        one: Entry,
        /// The other.
        other: Entry,
    },
    /// Two templates of readers that can write the same key.
    #[non_exhaustive]
    Overlap {
        /// One reader.
        one: Entry,
        /// The other.
        other: Entry,
    },
}

/// Everything that is wrong with a [`Catalogue`](super::Catalogue).
///
/// `Debug` prints what `Display` prints, so that a test may say `check().unwrap()`.
#[derive(Clone)]
pub struct CatalogueErrors(Vec<CatalogueError>);

impl CatalogueErrors {
    /// One by one; there is at least one.
    pub fn iter(&self) -> core::slice::Iter<'_, CatalogueError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a CatalogueErrors {
    type Item = &'a CatalogueError;
    type IntoIter = core::slice::Iter<'a, CatalogueError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What makes entries of one cache, by the shape of their template.
type Groups = BTreeMap<(Option<(&'static str, &'static str)>, String), Vec<(Entry, Pattern)>>;

pub(super) fn check(entries: &[Entry]) -> Result<(), CatalogueErrors> {
    let mut groups = Groups::new();
    for entry in entries.iter().filter(|entry| entry.makes_entries()) {
        let pattern = entry.pattern();
        let group = (entry.cache(), pattern.shape().to_owned());
        groups.entry(group).or_default().push((*entry, pattern));
    }
    let mut errors = Vec::new();
    nothing_reads(entries, &groups, &mut errors);
    tags::nothing_has(entries, &mut errors);
    for group in groups.values() {
        disagreements(group, &mut errors);
    }
    overlaps(&groups, &mut errors);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(CatalogueErrors(errors))
    }
}

/// Generous on purpose: whatever the placeholders' types and whichever cache, the reader may be the one that is meant.
fn nothing_reads(entries: &[Entry], groups: &Groups, errors: &mut Vec<CatalogueError>) {
    let readers: Vec<_> = groups
        .values()
        .filter_map(|group| group.iter().find(|(entry, _)| entry.is_reader()))
        .map(|(reader, _)| (*reader, Pattern::new(reader.templates()[0], 0)))
        .collect();
    for invalidation in entries.iter().filter(|entry| !entry.is_reader()) {
        for &template in invalidation.templates() {
            let pattern = Pattern::new(template, 0);
            if readers.iter().any(|(_, reader)| reader.overlaps(&pattern)) {
                continue;
            }
            let nearest = readers
                .iter()
                .filter(|(_, reader)| reader.is_near(&pattern))
                .min_by_key(|(_, reader)| reader.distance(&pattern));
            errors.push(CatalogueError::NothingReads {
                invalidation: *invalidation,
                template,
                nearest: nearest.map(|(reader, _)| *reader),
            });
        }
    }
}

/// What those who make entries of one template must agree on.
fn disagreements(group: &[(Entry, Pattern)], errors: &mut Vec<CatalogueError>) {
    let mut readers = group.iter().map(|(entry, _)| *entry);
    let Some(first) = readers.next() else { return };
    // The first whose type is certain: the others are compared with it, those of uncertain type with nothing.
    let mut typed = first.comparable_type().map(|ty| (ty, first));
    for other in readers {
        match (typed, other.comparable_type()) {
            (Some((ty, one)), Some(its)) if ty != its => {
                errors.push(CatalogueError::ValueTypes { one, other });
            }
            (None, Some(its)) => typed = Some((its, other)),
            _ => {}
        }
        if format(other) != format(first) {
            errors.push(CatalogueError::Formats { one: first, other });
        }
        if other.layout() != first.layout() {
            errors.push(CatalogueError::Layouts { one: first, other });
        }
        if first.is_structure() || other.is_structure() {
            // They have neither formats nor tags nor versions of which anything is known here.
            continue;
        }
        // A write of one field leaves the entry its tags.
        let whole = !first.writes_one_field() && !other.writes_one_field();
        if whole && tags::of(other) != tags::of(first) {
            errors.push(CatalogueError::Tags { one: first, other });
        }
        if other.version() != first.version() {
            errors.push(CatalogueError::Versions { one: first, other });
        }
    }
}

/// The cache's own is taken for the default: a project that sets another one has no reason to name it above a function.
fn format(entry: Entry) -> Format {
    entry.format().unwrap_or_default()
}

fn overlaps(groups: &Groups, errors: &mut Vec<CatalogueError>) {
    let mut rest = groups.iter();
    while let Some(((cache, _), group)) = rest.next() {
        for (_, others) in rest.clone().filter(|((other, _), _)| other == cache) {
            let meeting = known(group).find_map(|(one, here)| {
                let (other, _) = known(others).find(|(_, there)| here.overlaps(there))?;
                Some((*one, *other))
            });
            if let Some((one, other)) = meeting {
                errors.push(CatalogueError::Overlap { one, other });
            }
        }
    }
}

/// Whether a value in a structure's key is an integer, nobody says.
fn known(group: &[(Entry, Pattern)]) -> impl Iterator<Item = &(Entry, Pattern)> {
    group.iter().filter(|(entry, _)| !entry.is_structure())
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = |entry: &Entry| entry.templates().first().copied().unwrap_or_default();
        match self {
            Self::NothingReads {
                invalidation,
                template,
                nearest,
            } => {
                write!(
                    f,
                    "no annotated function reads `{template}`, which is {} by",
                    if invalidation.makes_entries() {
                        "written"
                    } else {
                        "cleared"
                    }
                )?;
                write!(f, "\n    {invalidation}")?;
                match nearest {
                    Some(reader) => {
                        write!(f, "\n  did it mean `{}`?\n    {reader}", key(reader))
                    }
                    None => Ok(()),
                }
            }
            Self::NothingHas {
                invalidation,
                tag,
                nearest,
            } => {
                write!(f, "no entry has the tag `{tag}`, which is invalidated by")?;
                write!(f, "\n    {invalidation}")?;
                match nearest {
                    Some((tag, reader)) => write!(f, "\n  did it mean `{tag}`?\n    {reader}"),
                    None => Ok(()),
                }
            }
            Self::Tags { one, other } => tags::differ(f, *one, *other),
            Self::ValueTypes { one, other } => {
                let ty = |entry: Entry| entry.value_type().unwrap_or_default().to_owned();
                two(f, "as two types", [one, other], ty)
            }
            Self::Formats { one, other } => two(f, "in two formats", [one, other], |entry| {
                entry
                    .format()
                    .map_or("the cache's own", Format::name)
                    .to_owned()
            }),
            Self::Layouts { one, other } => two(f, "in two layouts", [one, other], |entry| {
                entry.layout().to_owned()
            }),
            Self::Versions { one, other } => two(f, "in two versions", [one, other], version),
            Self::Overlap { one, other } => {
                write!(f, "`{}` and `{}` can be the same key", key(one), key(other))?;
                write!(f, "\n    {one}\n    {other}\n  ")?;
                f.write_str("begin one of them with another word, so that no value can turn it into the other")
            }
        }
    }
}

fn version(entry: Entry) -> String {
    format!("version {}", entry.version().unwrap_or_default())
}

fn two(
    f: &mut fmt::Formatter<'_>,
    how: &str,
    readers: [&Entry; 2],
    differs: impl Fn(Entry) -> String,
) -> fmt::Result {
    let template = readers[0].templates().first().copied().unwrap_or_default();
    write!(f, "`{template}` is read {how}")?;
    for reader in readers {
        write!(f, "\n    {}: {reader}", differs(*reader))?;
    }
    f.write_str(
        "\n  each replaces what the other has stored: agree, or give one of them a key of its own",
    )
}

impl fmt::Display for CatalogueErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0.len() == 1 { "" } else { "s" };
        write!(f, "the catalogue has {} error{plural}", self.0.len())?;
        self.0
            .iter()
            .try_for_each(|error| write!(f, "\n\n  {error}"))
    }
}

impl fmt::Debug for CatalogueErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for CatalogueError {}

impl core::error::Error for CatalogueErrors {}
