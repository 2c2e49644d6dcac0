//! What several attributes take.

use crate::parse::args::{Kind, Spec};

pub(super) const TTL: Spec = Spec {
    name: "ttl",
    kind: Kind::Value,
    example: "ttl = 3600",
    value: "seconds, `\"1h30m\"`, a constant of type `Duration`, `forever`, or a closure on the value",
    default: "required",
    meaning: "How long an entry lives.",
};

pub(super) const JITTER: Spec = Spec {
    name: "jitter",
    kind: Kind::Value,
    example: "jitter = 0.1",
    value: "a share of the ttl, `0.0` to `1.0`",
    default: "`0.1`",
    meaning: "By which share a ttl may be shortened, so that entries do not expire together.",
};

pub(super) const NONE_TTL: Spec = Spec {
    name: "none_ttl",
    kind: Kind::Value,
    example: "none_ttl = \"1m\"",
    value: "like `ttl`, without `forever`",
    default: "\"not found\" is not stored",
    meaning: "Stores `None` and `Ok(None)` too, for this long.",
};

pub(super) const STALE: Spec = Spec {
    name: "stale",
    kind: Kind::Value,
    example: "stale = \"5m\"",
    value: "like `ttl`, without `forever`",
    default: "nothing after the ttl",
    meaning: "After its ttl a value is still answered with for this long, while one caller reloads it, and when that fails.",
};

pub(super) const UNLESS: Spec = Spec {
    name: "unless",
    kind: Kind::Value,
    example: "unless = |value| value.is_empty()",
    value: "a closure on the value",
    default: "store every value",
    meaning: "A value for which this is true is returned, but not stored.",
};

pub(super) const LEASE: Spec = Spec {
    name: "lease",
    kind: Kind::Value,
    example: "lease = \"10s\"",
    value: "seconds, or `\"1m30s\"`, 100 ms at least",
    default: "the cache's, which is 10 s by default",
    meaning: "How long a process that died in the body keeps others from it.",
};

pub(super) const TAGS: Spec = Spec {
    name: "tags",
    kind: Kind::List,
    example: "tags(\"team:<team_id>\")",
    value: "templates and families: `tags(\"team:<team_id>\", \"users:all\")`",
    default: "–",
    meaning: "Names for groups of entries, which are invalidated together.",
};

pub(super) const LAYOUT: Spec = Spec {
    name: "layout",
    kind: Kind::Value,
    example: "layout = hash",
    value: "`hash`, `string`",
    default: "`string`",
    meaning: "How an entry is kept: as one string, or as a Redis hash, of which one field can be read and written alone.",
};

pub(super) const VERSION: Spec = Spec {
    name: "version",
    kind: Kind::Value,
    example: "version = 2",
    value: "a number from 1",
    default: "`1`",
    meaning: "Raise it when a value's meaning changes but its type does not.",
};

pub(super) const CODEC: Spec = Spec {
    name: "codec",
    kind: Kind::Value,
    example: "codec = json",
    value: "`msgpack`, `json`, `postcard`, `bincode`",
    default: "the cache's, which is `msgpack` by default",
    meaning: "How values are written.",
};

pub(super) const ONE_SLOT: Spec = Spec {
    name: "one_slot",
    kind: Kind::Flag,
    example: "one_slot",
    value: "–",
    default: "off",
    meaning: "Says aloud that all keys go to one node of a Redis Cluster.",
};

pub(super) const CACHE: Spec = Spec {
    name: "cache",
    kind: Kind::Value,
    example: "cache = self.cache",
    value: "a `Cache`",
    default: "the installed one",
    meaning: "Which cache, instead of the installed one.",
};

pub(super) const CRATE: Spec = Spec {
    name: "crate",
    kind: Kind::Value,
    example: "crate = ::cached_redis_runtime",
    value: "where the runtime lives",
    default: "`::cached_redis_runtime`",
    meaning: "Where the runtime lives, for a crate that re-exports it.",
};
