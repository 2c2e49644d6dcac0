//! What each attribute takes: one table for the parser, its messages, the documentation and the editor.

use crate::parse::args::{Grammar, Kind, Spec};

/// Arguments of coming releases: a message must not offer a near name for them.
const LATER: &[&str] = &["near"];

pub(super) static CACHE_ASIDE: Grammar = Grammar {
    attribute: "cache_aside",
    args: &[
        Spec {
            name: "key",
            kind: Kind::Value,
            example: "key = \"user:<id>\"",
            value: "a template: `\"user:<id>\"`, or a family: `UserById(id)`",
            default: "required",
            meaning: "What the entry is called: text with `<placeholders>`, or a key family with its arguments.",
        },
        Spec {
            name: "each",
            kind: Kind::Value,
            example: "each = ids",
            value: "the name of a parameter: `each = ids`",
            default: "one key per call",
            meaning: "The parameter that holds several ids, each with a key and an entry of its own.",
        },
        TTL,
        JITTER,
        NONE_TTL,
        STALE,
        Spec {
            name: "refresh_ahead",
            kind: Kind::Value,
            example: "refresh_ahead = 0.8",
            value: "a share of the ttl, above `0.0` and below `1.0`, or a constant",
            default: "off",
            meaning: "Past this share of its ttl a value that is read is reloaded in the background.",
        },
        Spec {
            name: "early",
            kind: Kind::Value,
            example: "early = 1.0",
            value: "a factor above `0.0`, or a constant",
            default: "off",
            meaning: "Now and then a reader reloads a value before its ttl ends, the sooner the longer that takes.",
        },
        Spec {
            name: "soft_timeout",
            kind: Kind::Value,
            example: "soft_timeout = \"200ms\"",
            value: "like `ttl`, without `forever`",
            default: "the old value at once",
            meaning: "How long a call that finds a value past its ttl waits for a new one.",
        },
        Spec {
            name: "sliding",
            kind: Kind::Flag,
            example: "sliding",
            value: "–",
            default: "a value lives for its ttl, read or not",
            meaning: "A read renews the ttl, at most once per tenth of it.",
        },
        Spec {
            name: "skip",
            kind: Kind::List,
            example: "skip(db)",
            value: "names of parameters: `skip(db, trace_id)`",
            default: "every parameter counts",
            meaning: "Parameters that cannot change the result, and need not be in the key.",
        },
        Spec {
            name: "when",
            kind: Kind::Value,
            example: "when = !fresh",
            value: "a condition on the arguments",
            default: "use the cache",
            meaning: "Whether to use the cache at all.",
        },
        UNLESS,
        Spec {
            name: "lock",
            kind: Kind::Value,
            example: "lock = false",
            value: "`true`, `false`",
            default: "`true`",
            meaning: "Whether a call waits for the load of another one, instead of running its own body.",
        },
        LEASE,
        Spec {
            name: "wait",
            kind: Kind::Value,
            example: "wait = \"5s\"",
            value: "seconds, or `\"1m30s\"`",
            default: "the cache's, which is 5 s by default",
            meaning: "How long a call waits for the load of another one before it runs its own body.",
        },
        Spec {
            name: "max_loads",
            kind: Kind::Value,
            example: "max_loads = 32",
            value: "a number from 1, or a constant: `Self::MAX`",
            default: "no limit",
            meaning: "As many bodies of this function run at once in this process; further callers wait in line.",
        },
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
        ("ignore", "skip"),
        ("condition", "when"),
        ("concurrency", "max_loads"),
        ("max_concurrency", "max_loads"),
        ("format", "codec"),
        ("serializer", "codec"),
    ],
    misplaced: &[
        (
            "keys",
            "a read has one key: `key = \"user:<id>\"`; `keys` is for `#[cache_invalidate]`",
        ),
        ("always", "`always` is for `#[cache_invalidate]`"),
        ("before", "`before` is for `#[cache_invalidate]`"),
        (
            "field",
            "to read one field, write `field_of(call, field!(User.name))`; `field` is for `#[write_through]`",
        ),
        (
            "on_error",
            "a read never fails for the cache's sake; `on_error` is for `#[cache_invalidate]`",
        ),
    ],
};

pub(super) static CACHE_INVALIDATE: Grammar = Grammar {
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

pub(super) static WRITE_THROUGH: Grammar = Grammar {
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

const TTL: Spec = Spec {
    name: "ttl",
    kind: Kind::Value,
    example: "ttl = 3600",
    value: "seconds, `\"1h30m\"`, a constant of type `Duration`, `forever`, or a closure on the value",
    default: "required",
    meaning: "How long an entry lives.",
};

const JITTER: Spec = Spec {
    name: "jitter",
    kind: Kind::Value,
    example: "jitter = 0.1",
    value: "a share of the ttl, `0.0` to `1.0`",
    default: "`0.1`",
    meaning: "By which share a ttl may be shortened, so that entries do not expire together.",
};

const NONE_TTL: Spec = Spec {
    name: "none_ttl",
    kind: Kind::Value,
    example: "none_ttl = \"1m\"",
    value: "like `ttl`, without `forever`",
    default: "\"not found\" is not stored",
    meaning: "Stores `None` and `Ok(None)` too, for this long.",
};

const STALE: Spec = Spec {
    name: "stale",
    kind: Kind::Value,
    example: "stale = \"5m\"",
    value: "like `ttl`, without `forever`",
    default: "nothing after the ttl",
    meaning: "After its ttl a value is still answered with for this long, while one caller reloads it, and when that fails.",
};

const UNLESS: Spec = Spec {
    name: "unless",
    kind: Kind::Value,
    example: "unless = |value| value.is_empty()",
    value: "a closure on the value",
    default: "store every value",
    meaning: "A value for which this is true is returned, but not stored.",
};

const LEASE: Spec = Spec {
    name: "lease",
    kind: Kind::Value,
    example: "lease = \"10s\"",
    value: "seconds, or `\"1m30s\"`, 100 ms at least",
    default: "the cache's, which is 10 s by default",
    meaning: "How long a process that died in the body keeps others from it.",
};

const TAGS: Spec = Spec {
    name: "tags",
    kind: Kind::List,
    example: "tags(\"team:<team_id>\")",
    value: "templates and families: `tags(\"team:<team_id>\", \"users:all\")`",
    default: "–",
    meaning: "Names for groups of entries, which are invalidated together.",
};

const LAYOUT: Spec = Spec {
    name: "layout",
    kind: Kind::Value,
    example: "layout = hash",
    value: "`hash`, `string`",
    default: "`string`",
    meaning: "How an entry is kept: as one string, or as a Redis hash, of which one field can be read and written alone.",
};

const VERSION: Spec = Spec {
    name: "version",
    kind: Kind::Value,
    example: "version = 2",
    value: "a number from 1",
    default: "`1`",
    meaning: "Raise it when a value's meaning changes but its type does not.",
};

const CODEC: Spec = Spec {
    name: "codec",
    kind: Kind::Value,
    example: "codec = json",
    value: "`msgpack`, `json`, `postcard`, `bincode`",
    default: "the cache's, which is `msgpack` by default",
    meaning: "How values are written.",
};

const ONE_SLOT: Spec = Spec {
    name: "one_slot",
    kind: Kind::Flag,
    example: "one_slot",
    value: "–",
    default: "off",
    meaning: "Says aloud that all keys go to one node of a Redis Cluster.",
};

const CACHE: Spec = Spec {
    name: "cache",
    kind: Kind::Value,
    example: "cache = self.cache",
    value: "a `Cache`",
    default: "the installed one",
    meaning: "Which cache, instead of the installed one.",
};

const CRATE: Spec = Spec {
    name: "crate",
    kind: Kind::Value,
    example: "crate = ::cached_redis_runtime",
    value: "where the runtime lives",
    default: "`::cached_redis_runtime`",
    meaning: "Where the runtime lives, for a crate that re-exports it.",
};
