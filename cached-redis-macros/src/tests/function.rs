//! What is read from a signature: the kind of future, the names, and which of them a key may leave out.

use proc_macro2::TokenStream;
use quote::ToTokens as _;

use super::titles;
use crate::attrs::cache_aside::CacheAside;
use crate::entry::attribute;
use crate::model::function::{Function, Shape, mentions};
use crate::parse::item::Item;

fn item(text: &str) -> Item {
    syn::parse_str(text).unwrap()
}

#[test]
fn finds_the_future_behind_the_return_type() {
    let cases = [
        ("async fn f() -> u8 {}", Shape::Async, Some("u8")),
        ("async fn f() {}", Shape::Async, None),
        ("async fn f() -> () {}", Shape::Async, None),
        ("fn f() -> u8 {}", Shape::Blocking, Some("u8")),
        ("fn f() {}", Shape::Blocking, None),
        (
            "fn f() -> impl Future<Output = u8> + Send {}",
            Shape::Opaque,
            Some("u8"),
        ),
        (
            "fn f() -> impl Send + ::std::future::Future<Output = u8> {}",
            Shape::Opaque,
            Some("u8"),
        ),
        (
            "fn f() -> (impl Future<Output = (u8)>) {}",
            Shape::Opaque,
            Some("(u8)"),
        ),
        ("fn f() -> impl Future<Output = ()> {}", Shape::Opaque, None),
        (
            "fn f() -> impl Iterator<Item = u8> {}",
            Shape::Blocking,
            Some("impl Iterator < Item = u8 >"),
        ),
        (
            "fn f() -> Pin<Box<dyn Future<Output = u8> + 'a>> {}",
            Shape::Pinned,
            Some("u8"),
        ),
        (
            "fn f() -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = R<u8>> + Send + 'async_trait>> {}",
            Shape::Pinned,
            Some("R < u8 >"),
        ),
        (
            "fn f() -> Pin<Arc<dyn Future<Output = u8>>> {}",
            Shape::Blocking,
            Some("Pin < Arc < dyn Future < Output = u8 >>>"),
        ),
        (
            "fn f() -> Box<dyn Future<Output = u8>> {}",
            Shape::Blocking,
            Some("Box < dyn Future < Output = u8 >>"),
        ),
        (
            "fn f() -> futures::future::BoxFuture<'_, u8> {}",
            Shape::Pinned,
            Some("u8"),
        ),
    ];
    for (text, shape, output) in cases {
        let item = item(text);
        let function = Function::of(&item);
        let found = function.output.map(|ty| ty.to_token_stream().to_string());
        let (found, output) = (
            found.map(|s| s.replace(' ', "")),
            output.map(|s| s.replace(' ', "")),
        );
        assert_eq!((function.shape, found), (shape, output), "{text}");
    }
}

#[test]
fn collects_every_name_that_a_pattern_binds() {
    let cases = [
        ("a: A, mut b: B, ref c: C, _: D", "a b c"),
        ("(a, (b, _)): X, [c, .., d]: Y", "a b c d"),
        ("S { a, b: B(c), d: None, .. }: X, &e: &E", "a c e"),
        ("whole @ Some(inner): X", "whole inner"),
        ("r#type: X, Name: Y", "type Name"),
        ("(A | B): X, C: Y", "C"),
        ("#[cfg(a)] a: A, #[cfg(not(a))] a: B", "a"),
    ];
    for (params, names) in cases {
        let item = item(&format!(
            "async fn f<'l, T, const N: u8>(&self, {params}) {{}}"
        ));
        let function = Function::of(&item);
        assert_eq!(
            function.names().join(" "),
            format!("{names} T N"),
            "{params}"
        );
    }
}

#[test]
fn a_lifetime_is_no_type() {
    let ty: syn::Type = syn::parse_str("Page<'a, &'b [T], dyn Fn(U) -> r#in>").unwrap();
    for (name, expected) in [
        ("T", true),
        ("U", true),
        ("in", true),
        ("a", false),
        ("b", false),
        ("Pag", false),
    ] {
        assert_eq!(mentions(&ty, name), expected, "{name}");
    }
}

/// The names in messages about what a key leaves out.
fn ignored(args: &str, signature: &str) -> Vec<String> {
    let args: TokenStream = format!("{args}, ttl = 60").parse().unwrap();
    let item: TokenStream = format!("async fn f{signature} {{}}").parse().unwrap();
    let titles = titles(attribute::<CacheAside>(args, &item));
    titles
        .iter()
        .map(|title| {
            let rest = title.strip_prefix("two calls that differ only in ");
            let name = rest.and_then(|rest| rest.strip_suffix(" would share one cache entry"));
            name.unwrap_or(title).replace('`', "")
        })
        .collect()
}

#[test]
fn a_key_must_tell_calls_apart() {
    let cases: &[(&str, &str, &[&str])] = &[
        (r#"key = "k""#, "() -> u8", &[]),
        (r#"key = "k""#, "(&self, (): ()) -> u8", &[]),
        (r#"key = "k""#, "(a: u8, b: u8) -> u8", &["a", "b"]),
        (r#"key = "k:<a.id>""#, "(a: A, b: u8) -> u8", &["b"]),
        (r#"key = "k:<a>", skip(b)"#, "(a: A, b: u8) -> u8", &[]),
        (r#"key = "k:<a>""#, "((a, b): (u8, u8)) -> u8", &[]),
        (r#"key = "k", skip(b)"#, "((a, b): (u8, u8)) -> u8", &[]),
        (r#"key = "k""#, "((a, b): (u8, u8)) -> u8", &["a or b"]),
        (r#"key = "k""#, "(_: u8) -> u8", &["this parameter"]),
        (
            r#"key = "k", skip(_)"#,
            "(_: u8, (_, _): (u8, u8)) -> u8",
            &[],
        ),
        (r#"key = "k""#, "<T, const N: u8>() -> u8", &["T", "N"]),
        (r#"key = "k:<T>:<N>""#, "<'a, T, const N: u8>() -> u8", &[]),
        (r#"key = "k", skip(T, N)"#, "<T, const N: u8>() -> u8", &[]),
        // Only skipped parameters depend on it.
        (r#"key = "k", skip(e)"#, "<E: Executor>(e: E) -> u8", &[]),
        (
            r#"key = "k", skip(e)"#,
            "<E: Executor<D>, D>(e: &mut E) -> u8",
            &[],
        ),
        (
            r#"key = "k", skip(e)"#,
            "<E, D>(e: E) -> u8 where E: Executor<Database = D>",
            &[],
        ),
        (
            r#"key = "k", skip(E, e)"#,
            "<E, D>(e: X) -> u8 where E: Executor<Database = D>",
            &[],
        ),
        // Something else does too.
        (
            r#"key = "k", skip(e)"#,
            "<E: Executor>(e: E) -> E::Row",
            &["E"],
        ),
        (
            r#"key = "k:<id>", skip(e)"#,
            "<E: Executor>(e: E, id: E::Id) -> u8",
            &["E"],
        ),
        (
            r#"key = "k", skip(e)"#,
            "<E, D>(e: E) -> u8 where D: From<E>",
            &["D"],
        ),
        (
            r#"key = "k", skip(e)"#,
            "<A: X<B>, B: X<A>>(e: u8) -> u8",
            &["A", "B"],
        ),
        (r#"key = "k:<id>""#, "<K: CacheKey>(id: K) -> u8", &["K"]),
    ];
    for (args, signature, expected) in cases {
        assert_eq!(ignored(args, signature), *expected, "{args} on {signature}");
    }
}
