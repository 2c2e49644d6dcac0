//! The repositories are what they were before, plus attributes.

// They compile without the library as well.
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a library's modules; here nobody calls them"
)]
#[path = "../plain"]
mod plain {
    mod articles;
    mod documents;
    mod products;
}

/// The source without our attributes, our derive and the import that brings them.
fn without_attributes(source: &str) -> String {
    let mut inside = false;
    let mut plain = String::new();
    for line in source.lines() {
        let text = line.trim();
        let attributes = ["#[cache_aside(", "#[cache_invalidate(", "#[write_through("];
        let begins = attributes.iter().any(|begin| text.starts_with(begin));
        let import = text.starts_with("use cached_redis_runtime::");
        if begins || inside {
            inside = !text.ends_with(")]");
        } else if !import {
            plain.push_str(&line.replace(", CacheKey)]", ")]"));
            plain.push('\n');
        }
    }
    plain
}

macro_rules! only_attributes_are_new {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let annotated = include_str!(concat!("../src/", stringify!($name), ".rs"));
            let plain = include_str!(concat!("../plain/", stringify!($name), ".rs"));
            assert!(!plain.contains("cache"), "the plain one knows nothing of a cache");
            assert_eq!(without_attributes(annotated), plain);
        }
    )*};
}

only_attributes_are_new!(articles documents products);

/// A module of a use case, without what it imports.
fn module(source: &str, name: &str) -> String {
    let begin = format!("\nmod {name} {{\n");
    let (_, module) = source.split_once(&begin).expect("such a module");
    let (module, _) = module.split_once("\n}\n").expect("its end");
    let mut importing = false;
    let lines = module.lines().filter(|line| {
        let import = importing || line.starts_with("    use ");
        importing = import && !line.ends_with(';');
        !import
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Each use case is its plain version with attributes.
macro_rules! cases_only_add_attributes {
    ($($name:ident: $cached:literal)*) => {$(
        #[test]
        fn $name() {
            let source = include_str!(concat!("../examples/", stringify!($name), ".rs"));
            let (plain, cached) = (module(source, "plain"), module(source, $cached));
            assert!(plain.contains("async fn") && !plain.contains("#[cache"), "{plain}");
            assert_ne!(plain, cached);
            assert_eq!(without_attributes(&cached), plain);
        }
    )*};
}

cases_only_add_attributes! {
    catalogue_page: "cached"
    profile_edit: "cached"
    sessions: "cached"
    home_feed: "cached"
    third_party_api: "cached"
    feature_flags: "cached"
}

#[test]
fn home_feed_that_waits() {
    let source = include_str!("../examples/home_feed.rs");
    let waiting = module(source, "waiting");
    assert_eq!(without_attributes(&waiting), module(source, "plain"));
}
