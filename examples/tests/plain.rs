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
        let begins = text.starts_with("#[cache_aside(") || text.starts_with("#[cache_invalidate(");
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
