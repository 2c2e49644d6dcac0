#![doc = include_str!("../docs/guide/index.md")]

macro_rules! pages {
    ($($name:ident: $file:literal $({ $($below:tt)* })?),+ $(,)?) => {$(
        // Within, so that links are looked up from the page.
        pub mod $name {
            #![doc = include_str!(concat!("../docs/guide/", $file))]

            $(pages! { $($below)* })?
        }
    )+};
}

pages! {
    start: "start.md",
    patterns: "patterns.md",
    keys: "keys.md",
    cache_aside: "cache_aside.md",
    cache_invalidate: "cache_invalidate.md",
    write_through: "write_through.md",
    structures: "structures.md",
    consistency: "consistency.md",
    failure: "failure.md",
    operations: "operations.md",
    testing: "testing.md",
    migration: "migration.md",
    comparison: "comparison.md",
    arguments: "arguments.md" {
        key: "arguments/key.md",
        keys: "arguments/keys.md",
        each: "arguments/each.md",
        skip: "arguments/skip.md",
        one_slot: "arguments/one_slot.md",
        ttl: "arguments/ttl.md",
        jitter: "arguments/jitter.md",
        none_ttl: "arguments/none_ttl.md",
        sliding: "arguments/sliding.md",
        stale: "arguments/stale.md",
        refresh_ahead: "arguments/refresh_ahead.md",
        early: "arguments/early.md",
        soft_timeout: "arguments/soft_timeout.md",
        when: "arguments/when.md",
        unless: "arguments/unless.md",
        always: "arguments/always.md",
        lock: "arguments/lock.md",
        lease: "arguments/lease.md",
        wait: "arguments/wait.md",
        max_loads: "arguments/max_loads.md",
        before: "arguments/before.md",
        on_error: "arguments/on_error.md",
        tags: "arguments/tags.md",
        value: "arguments/value.md",
        field: "arguments/field.md",
        layout: "arguments/layout.md",
        version: "arguments/version.md",
        codec: "arguments/codec.md",
        cache: "arguments/cache.md",
        // A keyword.
        crate_: "arguments/crate_.md",
    },
}
