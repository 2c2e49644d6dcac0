//! The argument loop: each mistake is said once, and one mistake does not look like another.

use proc_macro2::TokenStream;
use quote::quote;

use super::titles;
use crate::attrs::Attribute as _;
use crate::attrs::cache_aside::CacheAside;
use crate::attrs::cache_invalidate::CacheInvalidate;
use crate::entry::attribute;

fn aside(args: &str) -> Vec<String> {
    let args: TokenStream = args.parse().unwrap();
    let item = quote! { async fn find(id: u64) -> u64 { id } };
    titles(attribute::<CacheAside>(args, &item))
}

fn invalidate(args: &str) -> Vec<String> {
    let args: TokenStream = args.parse().unwrap();
    let item = quote! { async fn update(id: u64) -> u64 { id } };
    titles(attribute::<CacheInvalidate>(args, &item))
}

const NOTHING: &[&str] = &[];

#[test]
fn takes_what_is_right() {
    for args in [
        r#"key = "u:<id>", ttl = 60"#,
        r#"ttl = 60, key = "u:<id>","#,
        r##"key = r#"u:<id>"#, ttl = 0x3c"##,
        r#"key = "u:<id>", ttl = 1_000, jitter = 1, version = 4294967295"#,
        r#"key = "u:<id>", ttl = "2d", none_ttl = "500ms", jitter = 0.0"#,
        r#"key = "u:<id>", ttl = f::<A, B>(), when = a::<A, B>(), unless = |v| v.a > 1"#,
        r#"key = "u:<id>", ttl = { const X: u8 = 1; D }, unless = is_empty"#,
        r#"key = "u:<id>", ttl = 1099511627"#,
        r#"key = "u:<id>", ttl = forever, codec = bincode, skip()"#,
    ] {
        assert_eq!(aside(args), NOTHING, "{args}");
    }
    for args in [
        r#"key = "u:<id>""#,
        r#"keys("u:<id>")"#,
        r#"keys("u:<id>", "u:<ret>",), always, when = id > 1"#,
    ] {
        assert_eq!(invalidate(args), NOTHING, "{args}");
    }
}

#[test]
fn says_each_mistake_once() {
    let cases: &[(&str, &[&str])] = &[
        (
            "",
            &[
                "`#[cache_aside]` needs a key: what is cached, and what it depends on",
                "`#[cache_aside]` needs to know how long an entry lives",
            ],
        ),
        (
            r#"key = "u:<id>", ttl = 1099511628"#,
            &["`ttl` is longer than an entry can live: 34 years"],
        ),
        (
            r#"key = "u:<id>", tll = 60"#,
            &["`#[cache_aside]` has no argument `tll`"],
        ),
        (
            r#""u:<id>", ttl = 60"#,
            &["expected the name of an argument"],
        ),
        (r#"key "u:<id>", ttl = 60"#, &["expected `=` after `key`"]),
        (r#"key = "u:<id>" ttl = 60"#, &["expected `,`"]),
        (r#"key = "u:<id>", ttl = 60 60"#, &["expected `,`"]),
        (
            r#"key = "u:<id>", , ttl = 60"#,
            &["expected the name of an argument"],
        ),
        (
            r#"key = "u:<id>", ttl = 60, ttl = 60, ttl = 0"#,
            &["`ttl` is given twice", "`ttl` is given twice"],
        ),
        (
            r#"key = "u:<id>", ttl = 60, r#skip = id"#,
            &["`skip` takes a list in parentheses"],
        ),
        (
            r#"key = "u:<id>", ttl = , jitter = 0.1"#,
            &["`ttl` needs a value"],
        ),
        (
            r#"key = "<id>:<id", ttl = 60"#,
            &["`<` opens a placeholder that is never closed"],
        ),
    ];
    for (args, expected) in cases {
        assert_eq!(aside(args), *expected, "{args}");
    }
}

#[test]
fn arguments_of_coming_releases_are_named_as_such() {
    for name in CacheAside::GRAMMAR.later {
        let args = format!("key = \"u:<id>\", ttl = 60, {name} = 1");
        assert_eq!(
            aside(&args),
            [format!("`{name}` is not supported yet by `#[cache_aside]`")]
        );
    }
}

/// `near` is a flag or has a value: the form does not matter yet.
#[test]
fn form_of_a_coming_argument_does_not_matter() {
    for form in ["near", "near(\"a\", 1)", "near = \"30s\""] {
        let args = format!("key = \"u:<id>\", {form}, ttl = 60");
        let titles = aside(&args);
        assert!(
            matches!(&titles[..], [only] if only.contains("not supported yet")),
            "{titles:?}"
        );
    }
}
