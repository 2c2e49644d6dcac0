#![doc = include_str!("../docs/guide/index.md")]

macro_rules! pages {
    ($($name:ident: $file:literal),+ $(,)?) => {$(
        // Within, so that links are looked up from the page.
        pub mod $name {
            #![doc = include_str!(concat!("../docs/guide/", $file))]
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
    arguments: "arguments.md",
}
