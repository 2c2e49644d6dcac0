//! The keys of the repositories, all together.

use cached_redis_runtime::catalogue;

use cached_redis_examples as _;

#[test]
fn the_keys_fit_each_other() {
    catalogue().check().unwrap();
}

/// A new or another key shows up in the review of this file.
#[test]
fn the_keys_are_those_on_record() {
    let found = serde_json::to_string_pretty(&catalogue()).unwrap();
    assert_eq!(
        found,
        include_str!("../keys.json").trim_end(),
        "bless with `cargo run --example catalogue -- --json > examples/keys.json`"
    );
}
