//! What `write_through` takes.

use super::LATER;
use super::shared::{
    CACHE, CODEC, CRATE, JITTER, LAYOUT, LEASE, NONE_TTL, ONE_SLOT, STALE, TAGS, TTL, UNLESS,
    VERSION,
};
use crate::parse::args::{Grammar, Kind, Spec};

pub(in crate::attrs) static WRITE_THROUGH: Grammar = Grammar {
    attribute: "write_through",
    args: &[
        Spec {
            name: "key",
            kind: Kind::Value,
            example: "key = \"user:<user.id>\"",
            value: "a template: `\"user:<user.id>\"`, or a family: `UserById(user.id)`",
            default: "required",
            meaning: "The entry that the write changes, as the function that reads it names it.",
        },
        TTL,
        Spec {
            name: "value",
            kind: Kind::Value,
            example: "value = user",
            value: "an expression on the arguments",
            default: "what the function returns",
            meaning: "What is stored, for a function that does not return it.",
        },
        Spec {
            name: "field",
            kind: Kind::Value,
            example: "field = User.name",
            value: "a type and one of its fields: `field = User.name`",
            default: "the whole entry",
            meaning: "With `layout = hash`: the one field of the entry that the write changes, to `value`.",
        },
        JITTER,
        NONE_TTL,
        STALE,
        Spec {
            name: "when",
            kind: Kind::Value,
            example: "when = !dry_run",
            value: "a condition on the arguments",
            default: "use the cache",
            meaning: "Whether to touch the entry at all, asked before the body runs.",
        },
        UNLESS,
        LEASE,
        TAGS,
        LAYOUT,
        VERSION,
        CODEC,
        ONE_SLOT,
        CACHE,
        CRATE,
    ],
    later: LATER,
    synonyms: &[
        ("expire", "ttl"),
        ("expires", "ttl"),
        ("expiry", "ttl"),
        ("expiration", "ttl"),
        ("lifetime", "ttl"),
        ("time", "ttl"),
        ("timeout", "ttl"),
        ("name", "key"),
        ("prefix", "key"),
        ("convert", "key"),
        ("condition", "when"),
        ("result", "value"),
        ("format", "codec"),
        ("serializer", "codec"),
    ],
    misplaced: &[
        (
            "keys",
            "a write-through has one key: `key = \"user:<id>\"`; add `#[cache_invalidate(keys(…))]` for the entries to clear",
        ),
        (
            "skip",
            "leave it out: a write names its entry, and may ignore its other parameters",
        ),
        (
            "each",
            "a write-through has one entry; `each` is for `#[cache_invalidate]` and `#[cache_aside]`",
        ),
        (
            "max_loads",
            "a write loads nothing; `max_loads` is for `#[cache_aside]`",
        ),
        (
            "refresh_ahead",
            "a write loads nothing; `refresh_ahead` is for `#[cache_aside]`",
        ),
        (
            "early",
            "a write loads nothing; `early` is for `#[cache_aside]`",
        ),
        (
            "soft_timeout",
            "a write loads nothing; `soft_timeout` is for `#[cache_aside]`",
        ),
        (
            "sliding",
            "a write gives the entry a new ttl in any case; `sliding` is for `#[cache_aside]`",
        ),
        (
            "lock",
            "a write takes the entry in any case, whoever loads it",
        ),
        (
            "wait",
            "a write waits for no load; `wait` is for `#[cache_aside]`",
        ),
        ("always", "after an `Err` the entry is gone in any case"),
        (
            "before",
            "a write-through takes the entry away before its body in any case",
        ),
        (
            "on_error",
            "the entry is taken before the body runs; `on_error` is for `#[cache_invalidate]`",
        ),
    ],
};
