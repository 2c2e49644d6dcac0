//! What `#[cache_aside]` makes of the main shapes.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

use super::pretty;
use crate::attrs::cache_aside::CacheAside;
use crate::entry::attribute;

fn aside(args: TokenStream, item: &TokenStream, expected: &ExpectFile) {
    expected.assert_eq(&pretty(attribute::<CacheAside>(args, item)));
}

#[test]
fn function_with_a_plain_key() {
    aside(
        quote!(ttl = 3600, key = "user:<id>"),
        &quote! {
            /// Documented.
            pub async fn find(id: UserId) -> Result<Option<User>, sqlx::Error> { load(id).await }
        },
        &expect_file!["snapshots/cache_aside_function_with_a_plain_key.rs"],
    );
}

#[test]
fn every_argument() {
    aside(
        quote!(
            key = "{<T>}:<N>:<user.name.0>:<type>",
            ttl = TTL,
            none_ttl = "90s",
            jitter = 0.5,
            max_loads = Self::MAX,
            version = 2,
            codec = json,
            skip(db),
            when = !fresh(),
            unless = |user| user.banned,
            cache = db.cache,
            crate = facade::cache
        ),
        &quote! {
            async fn find<T: KeyName, const N: usize>(user: &User, r#type: impl CacheKey, db: Db) -> User { body }
        },
        &expect_file!["snapshots/cache_aside_every_argument.rs"],
    );
}

#[test]
fn family() {
    aside(
        quote!(ttl = 3600, key = keys::Member(&team, user.name), skip(db)),
        &quote! {
            async fn find(db: Db, team: TeamId, user: &User) -> Option<Member> { body }
        },
        &expect_file!["snapshots/cache_aside_family.rs"],
    );
}

#[test]
fn what_async_trait_leaves() {
    aside(
        quote!(key = "user:<id>", ttl = forever),
        &quote! {
            fn find<'life0, 'async_trait>(
                &'life0 self,
                id: u64,
            ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = User> + ::core::marker::Send + 'async_trait>>
            where
                'life0: 'async_trait,
                Self: 'async_trait,
            {
                Box::pin(async move { body })
            }
        },
        &expect_file!["snapshots/cache_aside_what_async_trait_leaves.rs"],
    );
}

#[test]
fn parameters_under_cfg() {
    aside(
        quote!(key = "user:<id>:<locale>", ttl = 60),
        &quote! {
            async fn find(
                id: u64,
                #[cfg(feature = "a")] locale: &str,
                #[cfg(all(feature = "b", not(feature = "a")))] locale: Locale,
            ) -> User { body }
        },
        &expect_file!["snapshots/cache_aside_parameters_under_cfg.rs"],
    );
}

#[test]
fn values_that_say_how_long_they_live() {
    aside(
        quote!(
            key = "token:<client>",
            ttl = |token| token.expires_in,
            stale = "1m"
        ),
        &quote! {
            async fn token(client: &str) -> Result<Token, Error> { log_in(client).await }
        },
        &expect_file!["snapshots/cache_aside_values_that_say_how_long_they_live.rs"],
    );
}

#[test]
fn each_value_says_how_long_it_lives() {
    aside(
        quote!(
            key = "token:<ids>",
            each = ids,
            ttl = |token| token.expires_in
        ),
        &quote! {
            async fn tokens(ids: &[u64]) -> HashMap<u64, Token> { log_in(ids).await }
        },
        &expect_file!["snapshots/cache_aside_each_value_says_how_long_it_lives.rs"],
    );
}

#[test]
fn lock_and_lease() {
    aside(
        quote!(key = "a:<id>", ttl = 60, lease = "1500ms", wait = 2),
        &quote! { async fn a(id: u64) -> u64 { body } },
        &expect_file!["snapshots/cache_aside_lease_and_wait.rs"],
    );
    aside(
        quote!(key = "a:<id>", ttl = 60, lock = false),
        &quote! { async fn a(id: u64) -> u64 { body } },
        &expect_file!["snapshots/cache_aside_without_the_lock.rs"],
    );
}

#[test]
fn several_ids() {
    aside(
        quote!(
            key = "t:<self.tenant>:user:<ids>",
            each = ids,
            ttl = 60,
            unless = |user| user.banned
        ),
        &quote! {
            async fn find_many(&self, mut ids: Vec<UserId>) -> DbResult<HashMap<UserId, User>> { load(ids).await }
        },
        &expect_file!["snapshots/cache_aside_several_ids.rs"],
    );
}

#[test]
fn several_ids_in_a_box() {
    aside(
        quote!(key = "user:<ids>", each = ids, ttl = 60),
        &quote! {
            fn find_many<'a>(ids: &'a [UserId]) -> BoxFuture<'a, HashMap<UserId, User>> { Box::pin(load(ids)) }
        },
        &expect_file!["snapshots/cache_aside_several_ids_in_a_box.rs"],
    );
}

#[test]
fn tags() {
    aside(
        quote!(
            key = "user:<id>",
            ttl = 60,
            tags("team:<team>", OfTenant(self.tenant)),
            skip(team)
        ),
        &quote! {
            async fn find(&self, id: UserId, team: String) -> Option<User> { load(id, team).await }
        },
        &expect_file!["snapshots/cache_aside_tags.rs"],
    );
}

#[test]
fn by_field() {
    aside(
        quote!(key = UserById(id), ttl = 60, layout = hash),
        &quote! {
            async fn find(&self, id: UserId) -> Option<User> { load(id).await }
        },
        &expect_file!["snapshots/cache_aside_by_field.rs"],
    );
}

#[test]
fn reloads_in_the_call() {
    aside(
        quote!(
            key = "user:<id>",
            ttl = 60,
            stale = Self::STALE,
            early = 1.0
        ),
        &quote! {
            async fn find(&self, id: &UserId) -> Option<User> { self.load(id).await }
        },
        &expect_file!["snapshots/cache_aside_reloads_in_the_call.rs"],
    );
}

#[test]
fn reloads_in_the_background() {
    aside(
        quote!(
            key = "user:<id>",
            ttl = 60,
            stale = "5m",
            refresh_ahead = Self::SHARE,
            soft_timeout = "200ms",
            tags("team:<team>"),
            skip(team, word),
        ),
        &quote! {
            async fn find(&self, id: UserId, team: &str, mut word: impl Into<String>) -> Option<User> {
                use crate::{self, load};
                struct Local;
                impl Local { fn get(&self) -> &Self { self } }
                tokio::join!(self.load(id), load(self, word), self::load())
            }
        },
        &expect_file!["snapshots/cache_aside_reloads_in_the_background.rs"],
    );
}

#[test]
fn reloads_in_the_background_what_async_trait_leaves() {
    aside(
        quote!(key = "user:<id>", ttl = 60, refresh_ahead = 0.8),
        &quote! {
            fn find<'life0, 'async_trait>(
                &'life0 self,
                id: u64,
            ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = User> + ::core::marker::Send + 'async_trait>>
            where
                'life0: 'async_trait,
                Self: 'async_trait,
            {
                Box::pin(async move { let __self = self; let id = id; __self.load(id).await })
            }
        },
        &expect_file!["snapshots/cache_aside_reloads_in_the_background_what_async_trait_leaves.rs"],
    );
}

#[test]
fn tags_of_several_ids() {
    aside(
        quote!(
            key = "user:<ids>",
            each = ids,
            ttl = 60,
            tags("users:all", "user-tag:<ids>")
        ),
        &quote! {
            async fn find_many(ids: &[UserId]) -> HashMap<UserId, User> { load(ids).await }
        },
        &expect_file!["snapshots/cache_aside_tags_of_several_ids.rs"],
    );
}
