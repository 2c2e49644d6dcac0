//! The walls of both crates: which module may name which.
//!
//! `ARCHITECTURE.md` shows the same tables. A new edge is a decision: it changes the table here and there, or it
//! does not happen. Read from the sources as text, so that a module behind a feature counts as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The runtime's layers from the bottom up. A module names lower layers only, not its neighbours.
const RUNTIME: &[&[&str]] = &[
    &["clock", "codec", "error", "key", "observe", "sync", "ttl"],
    &["site", "store"],
    &["backend", "flight", "lease", "shape"],
    &["engine"],
    &["cache"],
];

/// What stands on top of the runtime and may name everything.
const RUNTIME_TOP: &[&str] = &["__rt", "format", "lib"];

/// The macro crate's arrows: a module may name what it can reach.
const MACROS: &[(&str, &[&str])] = &[
    ("lib", &["entry"]),
    ("entry", &["attrs"]),
    ("attrs", &["check", "expand"]),
    ("check", &["model"]),
    ("expand", &["model", "rt"]),
    ("model", &["parse"]),
    ("parse", &["diag", "suggest"]),
    ("diag", &[]),
    ("rt", &[]),
    ("suggest", &[]),
];

#[test]
fn the_runtime_keeps_its_layers() {
    let runtime = Walls::of_layers(RUNTIME, RUNTIME_TOP);
    assert_eq!(runtime.check(&sources("cached-redis-runtime")), []);
}

#[test]
fn the_macros_keep_their_stages() {
    let macros = Walls::of_arrows(MACROS);
    assert_eq!(macros.check(&sources("cached-redis-macros")), []);
}

/// Only the builder knows which stores there are.
#[test]
fn the_builder_alone_names_a_backend() {
    let naming: BTreeSet<_> = sources("cached-redis-runtime")
        .iter()
        .filter(|source| source.module() != "backend")
        .filter(|source| source.edges().iter().any(|edge| edge.to == "backend"))
        .map(|source| source.path.clone())
        .collect();
    assert_eq!(naming, BTreeSet::from([PathBuf::from("cache/builder.rs")]));
}

/// Which top-level modules each of them may name.
struct Walls {
    allowed: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

impl Walls {
    fn of_layers(layers: &[&[&'static str]], top: &[&'static str]) -> Self {
        let mut allowed = BTreeMap::new();
        let mut below = BTreeSet::new();
        for (number, layer) in layers.iter().enumerate() {
            for &module in *layer {
                let mut may = below.clone();
                if number == 0 && module != "error" {
                    may.insert("error");
                }
                allowed.insert(module, may);
            }
            below.extend(layer.iter().copied());
        }
        below.extend(top.iter().copied());
        allowed.extend(top.iter().map(|&module| (module, below.clone())));
        Self { allowed }
    }

    fn of_arrows(arrows: &[(&'static str, &[&'static str])]) -> Self {
        let direct: BTreeMap<_, _> = arrows.iter().copied().collect();
        let reach = |from: &'static str| {
            let mut reached = BTreeSet::new();
            let mut open = vec![from];
            while let Some(module) = open.pop() {
                let next = direct.get(module).copied().unwrap_or_default();
                open.extend(next.iter().filter(|&&module| reached.insert(module)));
            }
            reached
        };
        let allowed = arrows
            .iter()
            .map(|&(from, _)| (from, reach(from)))
            .collect();
        Self { allowed }
    }

    fn check(&self, sources: &[Source]) -> Vec<Edge> {
        let edges = sources.iter().flat_map(Source::edges);
        edges.filter(|edge| !self.allows(edge)).collect()
    }

    fn allows(&self, edge: &Edge) -> bool {
        let Some(may) = self.allowed.get(edge.from.as_str()) else {
            // A module that is not in the table has no place yet.
            return false;
        };
        edge.from == edge.to || may.contains(edge.to.as_str())
    }
}

/// One module names another.
#[derive(PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    path: PathBuf,
    line: usize,
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from,
            to,
            path,
            line,
        } = self;
        write!(
            f,
            "{}:{line}: `{from}` must not name `{to}`",
            path.display()
        )
    }
}

/// A file of `src`.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The modules around the file's items, without the crate itself.
    fn modules(&self) -> Vec<String> {
        let path = self.path.with_extension("");
        let names = path.iter().map(|name| name.to_string_lossy().into_owned());
        names
            .filter(|name| name != "mod" && name != "lib")
            .collect()
    }

    fn module(&self) -> String {
        self.modules()
            .into_iter()
            .next()
            .unwrap_or_else(|| "lib".to_owned())
    }

    fn edges(&self) -> Vec<Edge> {
        let (from, depth) = (self.module(), self.modules().len());
        let targets = targets(&without_tests(tokens(&self.text)), depth);
        let edge = |(line, to): (usize, String)| Edge {
            from: from.clone(),
            to,
            path: self.path.clone(),
            line,
        };
        let edges: Vec<_> = targets.into_iter().map(edge).collect();
        // What a crate's root re-exports is named through the root.
        let known = |to: &str| to.starts_with(|first: char| !first.is_uppercase());
        edges
            .into_iter()
            .map(|edge| {
                if known(&edge.to) {
                    edge
                } else {
                    Edge {
                        to: "lib".to_owned(),
                        ..edge
                    }
                }
            })
            .collect()
    }
}

/// Every file of a crate's `src` but those that are tests as a whole.
fn sources(name: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(name)
        .join("src");
    let mut open = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(path) = open.pop() {
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if is_test {
            continue;
        }
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder of the workspace");
            open.extend(entries.map(|entry| entry.expect("an entry of that folder").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source in UTF-8");
            let path = path
                .strip_prefix(&root)
                .expect("a file below the root")
                .to_owned();
            sources.push(Source { path, text });
        }
    }
    assert!(sources.len() > 5, "no sources in {}", root.display());
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// A word or a single other character, with its line.
type Token = (usize, String);

/// The tokens that matter: comments and literals are left out.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let length = literal_or_comment(rest);
        let is_word = |ch: char| ch.is_alphanumeric() || ch == '_';
        let length = if length > 0 {
            length
        } else if is_word(first) {
            let end = rest.find(|ch| !is_word(ch)).unwrap_or(rest.len());
            tokens.push((line, rest[..end].to_owned()));
            end
        } else {
            if !first.is_whitespace() {
                tokens.push((line, first.to_string()));
            }
            first.len_utf8()
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// The length of the comment or literal that `text` starts with, or 0.
fn literal_or_comment(text: &str) -> usize {
    let until = |end: &str, skip: usize| {
        text[skip..]
            .find(end)
            .map_or(text.len(), |at| skip + at + end.len())
    };
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return until("*/", 2);
    }
    if let Some(raw) = text.strip_prefix("r").or(text.strip_prefix("br")) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let skip = text.len() - raw.len() + hashes + 1;
            return until(&format!("\"{}", "#".repeat(hashes)), skip);
        }
    }
    let quote = if text.starts_with('"') || text.starts_with("b\"") {
        '"'
    } else {
        '\''
    };
    if quote == '\'' && !is_char(text) {
        return 0;
    }
    let open = text.find(quote).unwrap_or_default() + 1;
    let mut escaped = false;
    for (at, ch) in text[open..].char_indices() {
        match ch {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if ch == quote => return open + at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether a quote starts a character and not a lifetime.
fn is_char(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('\'').or(text.strip_prefix("b'")) else {
        return false;
    };
    let mut chars = rest.chars();
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

/// Leaves out each item under `#[cfg(test)]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let here = tokens[at..].iter().map(|(_, token)| token.as_str());
        if here.take(MARK.len()).eq(MARK) {
            at = end_of_item(&tokens, at + MARK.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Where the item that starts here ends: behind its `;`, or behind its braces.
fn end_of_item(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, (_, token)) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(token.as_str(), "}" | ";") {
            return at + 1;
        }
    }
    tokens.len()
}

/// The top-level modules that these tokens name, with the lines. `depth` is the number of modules around them.
fn targets(tokens: &[Token], depth: usize) -> Vec<(usize, String)> {
    let word = |at: usize| tokens.get(at).map_or("", |(_, token)| token.as_str());
    let is_path = |at: usize| word(at) == ":" && word(at + 1) == ":";
    let mut found = Vec::new();
    let mut braces = 0_usize;
    // For each inline module around, the braces that were open when it began.
    let mut inline: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match word(at) {
            "mod" if word(at + 2) == "{" => inline.push(braces),
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                inline.pop_if(|open| *open == braces);
            }
            "crate" if is_path(at + 1) => found.extend(first_names(tokens, at + 3)),
            "super" if is_path(at + 1) => {
                let mut up = 1;
                while word(at + 3) == "super" && is_path(at + 4) {
                    up += 1;
                    at += 3;
                }
                if up == depth + inline.len() {
                    found.extend(first_names(tokens, at + 3));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The name at this place, or the first name of each branch of the group there.
fn first_names(tokens: &[Token], start: usize) -> Vec<(usize, String)> {
    if tokens.get(start).is_none_or(|(_, token)| token != "{") {
        return tokens.get(start).cloned().into_iter().collect();
    }
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for pair in tokens[start..].windows(2) {
        match pair[0].1.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(pair[0].1.as_str(), "{" | ",") && pair[1].1 != "}" {
            names.push(pair[1].clone());
        }
    }
    names
}

#[test]
fn a_planted_violation_is_found() {
    let walls = Walls::of_layers(RUNTIME, RUNTIME_TOP);
    let found = |path: &str, text: &str| {
        let source = Source {
            path: path.into(),
            text: text.to_owned(),
        };
        walls
            .check(&[source])
            .iter()
            .map(|edge| format!("{edge:?}"))
            .collect::<Vec<_>>()
    };
    let violations = [
        (
            "store.rs",
            "\nuse crate::engine::Engine;",
            "store.rs:2: `store` must not name `engine`",
        ),
        (
            "lease/mod.rs",
            "use crate::flight;",
            "lease/mod.rs:1: `lease` must not name `flight`",
        ),
        (
            "codec/tag.rs",
            "fn f() { crate::sync::now() }",
            "codec/tag.rs:1: `codec` must not name `sync`",
        ),
        (
            "error.rs",
            "use crate::{error::X, ttl::{A, B}};",
            "error.rs:1: `error` must not name `ttl`",
        ),
        (
            "key/mod.rs",
            "use super::codec::X;",
            "key/mod.rs:1: `key` must not name `codec`",
        ),
        (
            "backend/redis/url.rs",
            "use super::super::super::cache::X;",
            "`backend` must not name `cache`",
        ),
        (
            "store.rs",
            "mod a { mod b { use super::super::super::cache; } }",
            "must not name `cache`",
        ),
        (
            "ttl.rs",
            "const C: char = '\"'; use crate::site;",
            "`ttl` must not name `site`",
        ),
        (
            "ttl.rs",
            "#[cfg(test)] mod t { fn x() {} } use crate::site;",
            "`ttl` must not name `site`",
        ),
        (
            "engine/plan.rs",
            "use crate::Cache;",
            "`engine` must not name `lib`",
        ),
        (
            "stray.rs",
            "use crate::error::Error;",
            "`stray` must not name `error`",
        ),
    ];
    for (path, text, expected) in violations {
        let found = found(path, text);
        assert!(
            matches!(&found[..], [one] if one.ends_with(expected)),
            "{text}: {found:?}"
        );
    }

    let clean = [
        (
            "engine/plan.rs",
            "use crate::{lease::Lease, store::Store, engine::lost};",
        ),
        (
            "backend/redis/url.rs",
            "use super::super::memory; use crate::error::Error;",
        ),
        (
            "store.rs",
            "//! [`crate::cache`]\n/* crate::cache */ const A: &str = \"crate::cache\";",
        ),
        (
            "store.rs",
            "const A: &str = r#\"\" crate::cache \"#; fn f<'a>(x: &'a str) {}",
        ),
        (
            "store.rs",
            "#[cfg(test)]\nmod tests { use crate::cache::Cache; }",
        ),
        (
            "store.rs",
            "#[cfg(test)] use crate::cache;\npub(crate) use crate::error::Error;",
        ),
        (
            "__rt.rs",
            "pub use crate::cache::Cache; pub use crate::format;",
        ),
    ];
    for (path, text) in clean {
        assert_eq!(found(path, text), [""; 0], "{text}");
    }
}

#[test]
fn a_planted_arrow_is_found() {
    let walls = Walls::of_arrows(MACROS);
    let finds = |path: &str, text: &str| {
        let source = Source {
            path: path.into(),
            text: text.to_owned(),
        };
        walls.check(&[source]).len()
    };
    assert_eq!(
        finds(
            "parse/args.rs",
            "use crate::diag::Diag; use crate::model::Key;"
        ),
        1
    );
    assert_eq!(
        finds(
            "check/key.rs",
            "use crate::expand::site; use crate::rt::Rt;"
        ),
        2
    );
    assert_eq!(
        finds(
            "entry.rs",
            "use crate::{attrs, check, diag, expand, model, parse, rt};"
        ),
        0
    );
}
