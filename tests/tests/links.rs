//! Links in Markdown that lead to files of this repository lead to files, and to headings that are in them.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// How pages on docs.rs name files of this repository.
const HERE: &str = "https://github.com/cached-redis/cached-redis/blob/main/";
/// And how the crate's page names the guide's.
const GUIDE: &str = "https://docs.rs/cached-redis-runtime/latest/cached_redis_runtime/guide/";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// All of this repository's Markdown, and the crate's own page.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("cached-redis-runtime/src/lib.rs")];
    let mut open = vec![root()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// What stands in `](…)` and after `]: `, outside of code.
fn targets(text: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        let line = line.trim_start().trim_start_matches("//!").trim_start();
        is_code ^= line.starts_with("```");
        if is_code {
            continue;
        }
        // Of what is in backticks no `](` is a link.
        let inline = line.split("](").skip(1);
        targets.extend(inline.filter_map(|rest| rest.split([')', ' ']).next()));
        targets.extend(
            line.split_once("]: ")
                .filter(|_| line.starts_with('['))
                .map(|(_, to)| to),
        );
    }
    targets
}

/// The file, and the heading in it. `None`: it leads elsewhere, or to an item, which rustdoc looks for.
fn place(page: &Path, target: &str) -> Option<(PathBuf, Option<String>)> {
    let (path, heading) = match target.split_once('#') {
        Some((path, heading)) => (path, Some(heading.to_owned())),
        None => (target, None),
    };
    if let Some(path) = path.strip_prefix(HERE) {
        return Some((root().join(path), heading));
    }
    if let Some(file) = page_of_the_guide(page, path) {
        return Some((file, heading));
    }
    if let Some(path) = path.strip_prefix(GUIDE) {
        let name = path
            .trim_end_matches("/index.html")
            .replace("index.html", "index");
        let file = format!("cached-redis-runtime/docs/guide/{name}.md");
        return Some((root().join(file), heading));
    }
    let is_item = path.contains("::") || path.contains('@') || path.ends_with("()");
    let is_elsewhere = path.contains("://") || path.is_empty() || is_item;
    let is_file = path.contains('/') || path.contains('.');
    (!is_elsewhere && is_file).then(|| (page.parent().unwrap().join(path), heading))
}

/// The file of a module that a page of the guide names: rustdoc finds the module, and does not look for the heading.
fn page_of_the_guide(page: &Path, path: &str) -> Option<PathBuf> {
    let guide = root().join("cached-redis-runtime/docs/guide");
    let within = page.strip_prefix(&guide).ok()?.with_extension("");
    let (mut module, names) = match path.strip_prefix("crate::guide::") {
        Some(names) => (guide, names),
        None if path.starts_with("super::") || path.starts_with("self::") => {
            (guide.join(within), path)
        }
        None => return None,
    };
    for name in names.split("::") {
        match name {
            "super" => drop(module.pop()),
            "self" => {}
            name => module.push(name),
        }
    }
    Some(module.with_extension("md"))
}

/// As GitHub and rustdoc make it of a heading.
fn slug(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().replace(' ', "-")
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    let mut broken = Vec::new();
    let mut found = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in targets(&text) {
            let Some((file, heading)) = place(&page, target) else {
                continue;
            };
            found += 1;
            // A picture is no text.
            let has_heading = heading.is_none_or(|heading| {
                let text = fs::read_to_string(&file).unwrap_or_default();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                headings.any(|line| slug(line) == heading)
            });
            if !(file.exists() && has_heading) {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
    assert!(found > 15, "only {found} links were found");
}

#[test]
fn the_index_of_the_guide_has_every_page() {
    let guide = root().join("cached-redis-runtime/docs/guide");
    let index = fs::read_to_string(guide.join("index.md")).unwrap();
    let source = fs::read_to_string(root().join("cached-redis-runtime/src/guide.rs")).unwrap();
    let mut found = 0;
    for (place, in_index) in [("", true), ("arguments/", false)] {
        for page in fs::read_dir(guide.join(place)).unwrap() {
            let path = page.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            if path.is_dir() || name == "index" {
                continue;
            }
            found += 1;
            // The pages below another are in that one's table.
            assert!(
                !in_index || index.contains(&format!("| [`{name}`] |")),
                "{name} in the index"
            );
            assert!(
                source.contains(&format!("{name}: \"{place}{name}.md\"")),
                "{place}{name} in guide.rs"
            );
        }
    }
    assert!(found > 40, "only {found} pages were found");
}

/// A directory of tests that nobody is told of is soon written a second time.
#[test]
fn the_table_of_tests_has_every_directory() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("\n## Tests\n").unwrap();
    let listed = |place: &str| {
        let start = format!("| `{place}");
        let mut rows = table.lines().filter_map(|row| row.strip_prefix(&start));
        rows.any(|rest| rest.starts_with(['`', '/']))
    };
    for parent in ["tests", "tests/tests", "tests/cases/tests"] {
        for entry in fs::read_dir(root().join(parent)).unwrap() {
            let entry = entry.unwrap();
            let place = format!("{parent}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() && !place.ends_with("/target") {
                assert!(listed(&place), "{place} in the table of tests");
            }
        }
    }
    assert!(!listed("tests/test"), "a part of a name is no name");
}

#[test]
fn what_is_a_link_is_known() {
    let text =
        "[a](b.md) and [c](d/e.md#f-g), [x](crate::y)\n```\n[n](o.md)\n```\n[z]: https://z\n";
    assert_eq!(
        targets(text),
        ["b.md", "d/e.md#f-g", "crate::y", "https://z"]
    );
    let page = Path::new("/p/q.md");
    let (file, heading) = place(page, "d/e.md#f-g").unwrap();
    assert_eq!(
        (file, heading.as_deref()),
        (PathBuf::from("/p/d/e.md"), Some("f-g"))
    );
    assert!(place(page, "crate::y").is_none() && place(page, "#f").is_none());
    let guide = root().join("cached-redis-runtime/docs/guide");
    let below = guide.join("arguments/key.md");
    let leads = |target: &str| place(&below, target).map(|(file, _)| file);
    assert_eq!(
        leads("super::ttl#values"),
        Some(guide.join("arguments/ttl.md"))
    );
    assert_eq!(leads("super::super::keys"), Some(guide.join("keys.md")));
    assert_eq!(leads("crate::guide::arguments::key"), Some(below.clone()));
    assert_eq!(leads("macro@crate::key"), None);
    assert_eq!(
        slug("## Redis, Valkey, TLS, Sentinel, Cluster"),
        "redis-valkey-tls-sentinel-cluster"
    );
}
