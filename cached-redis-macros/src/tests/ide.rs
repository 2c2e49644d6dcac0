//! What an editor gets, and that nobody else gets it.

use expect_test::{expect, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

use super::pretty;
use crate::attrs::cache_aside::CacheAside;
use crate::attrs::cache_invalidate::CacheInvalidate;
use crate::attrs::{ALL, Attribute};
use crate::entry::{attribute, expand, ide};

const FOR_EDITOR: bool = true;

fn in_editor<A: Attribute>(args: &str) -> String {
    let args: TokenStream = args.parse().unwrap();
    let item = quote! { async fn find(id: u64) -> u64 { #![allow(unused)] self. } };
    expand::<A>(args, &item, FOR_EDITOR).to_string()
}

#[test]
fn half_typed_name_is_an_import() {
    expect_file!["snapshots/ide_half_typed.rs"].assert_eq(&pretty(expand::<CacheAside>(
        quote!(key = "user:<id>", ttl = 60, ji),
        &quote! { async fn find(id: u64) -> u64 { id } },
        FOR_EDITOR,
    )));
}

/// Right or wrong, whatever was typed before and after: each name is imported, in the order of the text.
#[test]
fn every_name_is_imported() {
    for (args, names) in [
        ("", quote!()),
        ("k", quote!(k as _)),
        ("key = , t", quote!(key as _, t as _)),
        ("\"user:<id>\", skip(db), one", quote!(skip as _, one as _)),
        (
            "key = \"x\" ttl : 60, ttl",
            quote!(key as _, ttl as _, ttl as _),
        ),
        (
            "key = x.y as u8, ttl = a + , r#each",
            quote!(key as _, ttl as _, r#each as _),
        ),
        ("type = 1, crate = path", quote!()),
    ] {
        for (tokens, attribute) in [
            (in_editor::<CacheAside>(args), quote!(cache_aside)),
            (in_editor::<CacheInvalidate>(args), quote!(cache_invalidate)),
        ] {
            let import = quote!(__rt::ide::#attribute::{#names};).to_string();
            assert!(tokens.contains(&import), "{args}: {tokens}");
        }
    }
}

#[test]
fn import_goes_where_the_runtime_is() {
    let tokens = in_editor::<CacheAside>("crate = facade::cache, key");
    let import = quote!(use facade::cache::__rt::ide::cache_aside).to_string();
    assert!(tokens.contains(&import), "{tokens}");
}

/// The signature is the first thing the editor sees, and the half-typed body is whole.
#[test]
fn item_is_otherwise_as_it_was_written() {
    let expected = quote! {
        async fn find(id: u64) -> u64 {
            #![allow(unused)]
            const _: () = {
                #[allow(unused_imports, reason = "it is for completion")]
                use ::cached_redis_runtime::__rt::ide::cache_aside::{key as _};
            };
            self.
        }
    };
    let tokens = in_editor::<CacheAside>("key");
    assert!(tokens.starts_with(&expected.to_string()), "{tokens}");
}

#[test]
fn compiler_gets_nothing_of_it() {
    let item = quote! { async fn find(id: u64) -> u64 { id } };
    for args in [quote!(key = "user:<id>", ttl = 60), quote!(ke)] {
        let tokens = attribute::<CacheAside>(args, &item).to_string();
        assert!(!tokens.contains("ide ::"), "{tokens}");
    }
}

#[test]
fn every_argument_is_explained() {
    let modules: syn::File = syn::parse2(ide()).unwrap();
    assert_eq!(modules.items.len(), ALL.len());
    for (module, grammar) in modules.items.iter().zip(ALL) {
        let syn::Item::Mod(module) = module else {
            panic!("a module for each attribute");
        };
        assert_eq!(module.ident, grammar.attribute);
        let constants = module.content.as_ref().unwrap().1.iter();
        let names: Vec<_> = constants
            .map(|item| match item {
                syn::Item::Const(constant) => constant.ident.to_string(),
                _ => panic!("a constant for each argument"),
            })
            .collect();
        let arguments = grammar.args.iter().map(|spec| spec.name);
        let expected: Vec<_> = arguments.filter(|name| *name != "crate").collect();
        assert_eq!(names, expected);
    }
}

#[test]
fn explanation_is_markdown() {
    let ttl = ALL[0].args.iter().find(|spec| spec.name == "ttl").unwrap();
    expect![[r#"
        How long an entry lives.

        - takes: seconds, `"1h30m"`, a constant of type `Duration`, `forever`, or a closure on the value
        - default: required

        ```text
        #[cache_aside(ttl = 3600, …)]
        ```

        [More](https://docs.rs/cached-redis-runtime/latest/cached_redis_runtime/guide/arguments/ttl/index.html)"#]]
    .assert_eq(&crate::ide::explanation(ttl, "cache_aside"));
}
