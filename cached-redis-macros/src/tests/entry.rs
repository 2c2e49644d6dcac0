//! No mistake, and no panic of ours, takes the user's item away.

use quote::{ToTokens as _, quote};

use crate::attrs::cache_aside::CacheAside;
use crate::attrs::cache_invalidate::CacheInvalidate;
use crate::entry::{attribute, guarded};

/// Half-typed code in the body is not our business.
#[test]
fn body_is_never_parsed() {
    let item = quote! { async fn find(id: u64) -> u64 { self. + match { if } let = id. } };
    let tokens = attribute::<CacheAside>(quote!(key = "user:<id>", ttl = 60), &item).to_string();
    assert!(
        tokens.contains("{ self . + match { if } let = id . }"),
        "{tokens}"
    );
}

/// Wrong use of every kind: the item comes first and as it was written.
#[test]
fn item_survives_every_mistake() {
    let items = [
        quote! { #[inline] pub(crate) async fn f<'a, T>(&self, mut id: &'a T) -> u64 where T: Copy { let x = ; } },
        quote! { fn sync() {} },
        quote! { default async fn f() {} },
        quote! { async fn declared(&self); },
        quote! { const unsafe extern "C" fn f(x: u8, ...) -> u8 { #![allow(unused)] 1 } },
        quote! { struct S; },
        quote! { impl S { fn f() {} } },
        quote! { let x = 1; },
        quote! { async fn },
        quote! { async fn f(x y) },
        quote! {},
    ];
    let mistakes = [
        quote! {},
        quote! { key },
        quote! { key = },
        quote! { key = , },
        quote! { = = = },
        quote! { key = "user:<nobody" },
        quote! { key = "user:<nobody>", ttl = 0 },
        quote! { ttl(1, 2), skip(1), "x", ,, },
        quote! { key: "x" },
        quote! { keys("a" "b") },
        quote! { key = Family, ttl = 60, keys(Family { id }, f(x), Family::<T>(x)) },
    ];
    for item in &items {
        for mistake in &mistakes {
            let written = item.to_string();
            for tokens in [
                attribute::<CacheAside>(mistake.clone(), item),
                attribute::<CacheInvalidate>(mistake.clone(), item),
            ] {
                let tokens = tokens.to_string();
                let rest = tokens.strip_prefix(&written);
                let rest = rest.unwrap_or_else(|| panic!("{written}\n{tokens}"));
                assert!(
                    rest.trim_start().starts_with(":: core :: compile_error !"),
                    "{mistake}: {tokens}"
                );
            }
        }
    }
}

#[test]
fn panic_is_our_bug_and_keeps_the_item() {
    let item = quote! { async fn find() {} };
    let tokens = guarded("#[cache_aside]", &item, || panic!("on purpose")).to_string();
    assert!(tokens.starts_with(&item.to_string()), "{tokens}");
    assert!(
        tokens.contains("the fault is its own: on purpose"),
        "{tokens}"
    );
    assert!(tokens.contains("please report"), "{tokens}");
}

#[test]
fn expansion_is_deterministic() {
    let expand = || {
        let item = quote! { async fn find(id: u64) -> u64 { id } };
        attribute::<CacheAside>(quote!(key = "user:<id>", ttl = 60), &item)
            .into_token_stream()
            .to_string()
    };
    assert_eq!(expand(), expand());
}
