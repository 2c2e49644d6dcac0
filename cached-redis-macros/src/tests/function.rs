//! What is read from a signature: the kind of future, the names, and which of them a key may leave out.

use proc_macro2::TokenStream;
use quote::ToTokens;

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
    use Shape::{Async, Blocking, Opaque, Pinned};
    let cases = [
        ("u8", Blocking, Some("u8")),
        ("()", Blocking, None),
        ("impl Future<Output = u8> + Send", Opaque, Some("u8")),
        (
            "impl Send + ::std::future::Future<Output = u8>",
            Opaque,
            Some("u8"),
        ),
        ("(impl Future<Output = (u8)>)", Opaque, Some("(u8)")),
        ("impl Future<Output = ()>", Opaque, None),
        (
            "impl Iterator<Item = u8>",
            Blocking,
            Some("implIterator<Item=u8>"),
        ),
        ("Pin<Box<dyn Future<Output = u8> + 'a>>", Pinned, Some("u8")),
        (
            "::core::pin::Pin<Box<dyn ::core::future::Future<Output = R<u8>> + Send + 'async_trait>>",
            Pinned,
            Some("R<u8>"),
        ),
        (
            "Pin<Arc<dyn Future<Output = u8>>>",
            Blocking,
            Some("Pin<Arc<dynFuture<Output=u8>>>"),
        ),
        (
            "Box<dyn Future<Output = u8>>",
            Blocking,
            Some("Box<dynFuture<Output=u8>>"),
        ),
        ("futures::future::BoxFuture<'_, u8>", Pinned, Some("u8")),
    ];
    let read = |signature: &str| {
        let item = item(signature);
        let function = Function::of(&item);
        let output = function.output.map(ToTokens::to_token_stream);
        (
            function.shape,
            output.map(|tokens| tokens.to_string().replace(' ', "")),
        )
    };
    for (returned, shape, output) in cases {
        let expected = (shape, output.map(str::to_owned));
        assert_eq!(
            read(&format!("fn f() -> {returned} {{}}")),
            expected,
            "{returned}"
        );
    }
    assert_eq!(read("fn f() {}"), (Blocking, None));
    assert_eq!(read("async fn f() {}"), (Async, None));
    assert_eq!(read("async fn f() -> () {}"), (Async, None));
    assert_eq!(
        read("async fn f() -> u8 {}"),
        (Async, Some("u8".to_owned()))
    );
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
