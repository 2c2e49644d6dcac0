//! What `cache_invalidate` takes.

use super::LATER;
use super::shared::{CACHE, CRATE, ONE_SLOT};
use crate::parse::args::{Grammar, Kind, Spec};

pub(in crate::attrs) static CACHE_INVALIDATE: Grammar = Grammar {
    attribute: "cache_invalidate",
    args: &[
        Spec {
            name: "key",
            kind: Kind::Value,
            example: "key = \"user:<user.id>\"",
            value: "a template: `\"user:<user.id>\"`, or a family: `UserById(user.id)`",
            default: "this, `keys` or `tags` is required",
            meaning: "The entry to clear, as the function that reads it names it; `<ret>` is the result.",
        },
        Spec {
            name: "keys",
            kind: Kind::List,
            example: "keys(\"user:<id>\", \"users:all\")",
            value: "several templates and families",
            default: "–",
            meaning: "The entries to clear, all with one command.",
        },
        Spec {
            name: "tags",
            kind: Kind::List,
            example: "tags(\"team:<team_id>\")",
            value: "templates and families",
            default: "–",
            meaning: "Tags of readers: every entry that has one of them is cleared.",
        },
        Spec {
            name: "each",
            kind: Kind::Value,
            example: "each = ids",
            value: "the name of a parameter: `each = ids`",
            default: "one key per template",
            meaning: "A parameter with several items: a key that names it is cleared for each of them.",
        },
        Spec {
            name: "when",
            kind: Kind::Value,
            example: "when = !dry_run",
            value: "a condition on the arguments",
            default: "clear",
            meaning: "Whether to clear anything, asked before the body runs.",
        },
        Spec {
            name: "always",
            kind: Kind::Flag,
            example: "always",
            value: "–",
            default: "not after `Err`",
            meaning: "Clears after `Err` too, for writes that may have happened all the same.",
        },
        Spec {
            name: "before",
            kind: Kind::Flag,
            example: "before",
            value: "–",
            default: "clear after the body only",
            meaning: "Clears before the body too, and lets nobody store until it has ended, even if this process dies in it.",
        },
        Spec {
            name: "on_error",
            kind: Kind::Value,
            example: "on_error = \"fail\"",
            value: "`\"ignore\"`, `\"fail\"`",
            default: "`\"ignore\"`",
            meaning: "What the function returns when its entries could not be deleted: its result, or an error.",
        },
        ONE_SLOT,
        CACHE,
        CRATE,
    ],
    later: LATER,
    synonyms: &[
        ("name", "key"),
        ("prefix", "key"),
        ("convert", "key"),
        ("condition", "when"),
    ],
    misplaced: &[
        (
            "skip",
            "leave it out: a write names the entries to clear, and may ignore its other parameters",
        ),
        (
            "lock",
            "a write loads nothing; `lock` is for `#[cache_aside]`",
        ),
        (
            "lease",
            "how long the guard of `before` stands is a setting of the cache: `Cache::builder(url).lease(…)`",
        ),
        (
            "wait",
            "a write waits for no load; `wait` is for `#[cache_aside]`",
        ),
        (
            "ttl",
            "a write only clears entries; `ttl` is for `#[cache_aside]`",
        ),
        (
            "max_loads",
            "a write loads nothing; `max_loads` is for `#[cache_aside]`",
        ),
        (
            "unless",
            "to decide from the arguments whether to clear the entry, write `when = …`",
        ),
    ],
};
