//! No mistake, and no panic of ours, takes the user's item away.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::attrs::cache_aside::CacheAside;
use crate::attrs::cache_invalidate::CacheInvalidate;
use crate::entry::{attribute, derive_cache_key, derive_key_name, guarded, key, key_family};

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

/// The text as it grows under the fingers, wherever it is tokens at all: an open string or parenthesis is not.
fn half_typed(text: &str) -> impl Iterator<Item = TokenStream> {
    (0..text.len()).filter_map(|end| text.get(..end)?.parse().ok())
}

#[test]
fn item_survives_every_half_typed_argument() {
    let item = quote! { pub async fn f(&self, ids: &[u64], db: Db) -> Vec<u64> { self.db. } };
    let survives = |tokens: TokenStream| {
        let tokens = tokens.to_string();
        assert!(tokens.starts_with(&item.to_string()), "{tokens}");
        assert!(!tokens.contains("the fault is its own"), "{tokens}");
    };
    let read = r#"each = ids, key = a::Ids(self.t, &ids[..],), ttl = Duration::from_secs(1), jitter = 0.5, skip(db, _),
        none_ttl = "1m", when = !x && f(|y| y), unless = |v: &u64| *v > 1, version = 2, codec = json, one_slot,
        cache = self.cache, crate = a::b, expires"#;
    for args in half_typed(read) {
        survives(attribute::<CacheAside>(args, &item));
    }
    let write = r#"keys("u:<ids>", Ids(ret.id, *ids)), each = ids, when = x == 1, always, one_slot, cache = c, crate = a, t"#;
    let head = quote! { pub async fn f(&self, ids: &[u64], db: Db) -> Vec<u64> }.to_string();
    for args in half_typed(write) {
        let tokens = attribute::<CacheInvalidate>(args, &item).to_string();
        // What is typed so far may be all that it takes.
        let is_whole = tokens.starts_with(&head) && tokens.contains("self . db .");
        assert!(is_whole, "{tokens}");
        assert!(!tokens.contains("the fault is its own"), "{tokens}");
    }
}

/// What stands before the cursor is declared as before, and something always comes out.
#[test]
fn families_survive_a_half_typed_one() {
    let next = r#" #[doc = "x"] pub(crate) Next(id: &a::B<u8>, name: str) -> Vec<u8> = "x:<id.0>:<name>", one_slot; crate = x;"#;
    let mut tried = 0;
    for rest in half_typed(next) {
        let tokens =
            key_family(quote!(pub First(id: u64) -> u64 = "first:<id>"; #rest)).to_string();
        assert!(tokens.contains("pub struct First"), "{rest}: {tokens}");
        assert!(!tokens.contains("the fault is its own"), "{rest}: {tokens}");
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn half_typed_key_is_still_a_key() {
    for input in half_typed(r#""user:<self.id>:<b.0>", one_slot, x"#) {
        let tokens = key(input.clone()).to_string();
        assert!(tokens.contains("__rt :: key ("), "{input}: {tokens}");
        assert!(
            !tokens.contains("the fault is its own"),
            "{input}: {tokens}"
        );
    }
}

#[test]
fn derives_survive_half_typed_types() {
    for derive in [derive_cache_key, derive_key_name] {
        for input in half_typed(
            "#[cache_key(crate = a::b)] pub struct S<T: X = u8, const N: u8>(pub T, [u8; N]) where T: Y;",
        ) {
            let tokens = derive(input).to_string();
            assert!(!tokens.contains("the fault is its own"), "{tokens}");
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
