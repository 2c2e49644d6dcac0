//! What `#[cache_invalidate]` makes of the main shapes.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

use super::pretty;
use crate::attrs::cache_invalidate::CacheInvalidate;
use crate::entry::attribute;

fn invalidate(args: TokenStream, item: &TokenStream, expected: &ExpectFile) {
    expected.assert_eq(&pretty(attribute::<CacheInvalidate>(args, item)));
}

#[test]
fn opaque_future() {
    invalidate(
        quote!(key = "user:<id>"),
        &quote! {
            fn update(id: u64) -> impl Future<Output = u64> + Send { async move { body } }
        },
        &expect_file!["snapshots/cache_invalidate_opaque_future.rs"],
    );
}

#[test]
fn keys_of_the_result() {
    invalidate(
        quote!(
            keys("team:<team>", "team:<team>:<ret.id>:<T>", "all:<ret>"),
            always
        ),
        &quote! {
            async fn create<T: KeyName>(&self, team: TeamId) -> Option<Member> { body }
        },
        &expect_file!["snapshots/cache_invalidate_keys_of_the_result.rs"],
    );
}

#[test]
fn one_key_per_item() {
    invalidate(
        quote!(
            keys("user:<users.id>", "users:all", UserById(users.id)),
            each = users
        ),
        &quote! {
            async fn save(&self, users: &[User]) -> DbResult<()> { body }
        },
        &expect_file!["snapshots/cache_invalidate_one_key_per_item.rs"],
    );
}

#[test]
fn families() {
    invalidate(
        quote!(keys(
            All(),
            Member(team.clone(), ret.name),
            "team:<team>",
            UserById(user.id)
        )),
        &quote! {
            async fn join(team: String, user: &User) -> Result<Member, Error> { body }
        },
        &expect_file!["snapshots/cache_invalidate_families.rs"],
    );
}

#[test]
fn tags() {
    invalidate(
        quote!(
            tags("team:<team>", "member:<ret.id>", "user-tag:<ids>"),
            each = ids
        ),
        &quote! {
            async fn join(team: TeamId, ids: &[UserId]) -> Member { body }
        },
        &expect_file!["snapshots/cache_invalidate_tags.rs"],
    );
}

#[test]
fn failing_with_the_deletion() {
    invalidate(
        quote!(key = "user:<id>", on_error = "fail"),
        &quote! {
            async fn update(id: u64) -> DbResult<()> { body }
        },
        &expect_file!["snapshots/cache_invalidate_failing_with_the_deletion.rs"],
    );
}

#[test]
fn guarded_before_the_body() {
    invalidate(
        quote!(keys("user:<id>", "team:<team>:<ret>"), before),
        &quote! {
            async fn update(id: u64, team: TeamId) -> DbResult<u64> { body }
        },
        &expect_file!["snapshots/cache_invalidate_guarded_before_the_body.rs"],
    );
}
