//! The catalogue as text: one line per function and key, those of one key together, and after them likewise the tags.

use core::fmt;

use super::pattern::Pattern;
use super::{Catalogue, Entry};
use crate::codec::Format;

const COLUMNS: usize = 6;
const HEAD: [&str; COLUMNS] = ["key", "attribute", "value", "ttl", "format", "function"];

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.lines(Entry::templates);
        let keys = keys.into_iter().map(|(key, entry)| cells(key, entry));
        let tags = self.lines(Entry::tags);
        let tags = tags.into_iter().map(|(tag, entry)| tag_cells(tag, entry));
        let head = core::iter::once(HEAD.map(str::to_owned));
        let rows: Vec<_> = head.chain(keys).chain(tags).collect();
        let mut widths = [0; COLUMNS];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let (last, cells) = row.split_last().unwrap_or((&row[0], &[]));
            for (cell, width) in cells.iter().zip(widths) {
                write!(f, "{cell:width$}  ")?;
            }
            f.write_str(last)?;
        }
        Ok(())
    }
}

impl Catalogue {
    fn lines(
        &self,
        templates: impl Fn(Entry) -> &'static [&'static str],
    ) -> Vec<(&'static str, Entry)> {
        let lines = self.iter().flat_map(|entry| {
            let templates = templates(*entry).iter();
            templates.map(|template| (*template, *entry))
        });
        let mut lines: Vec<_> = lines.collect();
        lines.sort_by_cached_key(|(template, entry)| {
            let shape = Pattern::new(template, 0).shape().to_owned();
            (shape, entry.attribute(), entry.path())
        });
        lines
    }
}

fn tag_cells(tag: &str, entry: Entry) -> [String; COLUMNS] {
    let [_, attribute, .., path] = cells(tag, entry);
    let tag = format!("tag {tag}");
    [
        tag,
        attribute,
        String::new(),
        String::new(),
        String::new(),
        path,
    ]
}

fn cells(key: &str, entry: Entry) -> [String; COLUMNS] {
    let ttl = match (entry.ttl(), entry.none_ttl()) {
        (Some(ttl), Some(none)) => format!("{ttl}, none {none}"),
        (ttl, _) => ttl.unwrap_or_default().to_owned(),
    };
    let format = entry.format().map_or("", Format::name);
    let format = match entry.version() {
        None | Some(1) => format.to_owned(),
        Some(version) => format!("{format} v{version}").trim_start().to_owned(),
    };
    [
        key.to_owned(),
        entry.attribute().name().to_owned(),
        entry.value_type().unwrap_or_default().to_owned(),
        ttl,
        format,
        entry.path().to_owned(),
    ]
}
