//! The walls of both crates: which module may name which.
//!
//! `ARCHITECTURE.md` shows the same tables. A new edge is a decision: it changes the table here and there, or it
//! does not happen. Read from the sources as text, so that a module behind a feature counts as well.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use self::source::{Edge, Source, sources};

/// The runtime's layers from the bottom up. A module names lower layers only, not its neighbours.
const RUNTIME: &[&[&str]] = &[
    &[
        "clock", "codec", "error", "key", "observe", "size", "sync", "ttl",
    ],
    &["site", "store"],
    &["backend", "catalogue", "flight", "lease", "shape"],
    &["doctor", "engine"],
    &["cache"],
];

/// What stands on top of the runtime and may name everything.
const RUNTIME_TOP: &[&str] = &["__rt", "field", "format", "guide", "lib", "register"];

/// The macro crate's arrows: a module may name what it can reach.
const MACROS: &[(&str, &[&str])] = &[
    ("lib", &["entry"]),
    ("entry", &["attrs", "ide"]),
    ("attrs", &["check", "expand"]),
    ("check", &["model"]),
    ("expand", &["model", "rt"]),
    ("ide", &["parse", "rt"]),
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
        // A module that is not in the table has no place yet.
        let Some(may) = self.allowed.get(edge.from.as_str()) else {
            return false;
        };
        // What is no module is something that the crate's root re-exports, and so is named through the root.
        let to = self
            .allowed
            .get_key_value(edge.to.as_str())
            .map_or("lib", |(to, _)| *to);
        edge.from == to || may.contains(to)
    }
}

/// Where, what, and the end of the complaint.
const VIOLATIONS: &[(&str, &str, &str)] = &[
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
        "`engine` must not name `Cache`",
    ),
    (
        "stray.rs",
        "use crate::error::Error;",
        "`stray` must not name `error`",
    ),
];

/// What looks like a violation and is none.
const CLEAN: &[(&str, &str)] = &[
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
    for &(path, text, expected) in VIOLATIONS {
        let found = found(path, text);
        assert!(
            matches!(&found[..], [one] if one.ends_with(expected)),
            "{text}: {found:?}"
        );
    }

    for &(path, text) in CLEAN {
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
