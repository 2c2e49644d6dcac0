//! What `#[write_through]` makes of entries that are kept by field.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

use super::pretty;
use crate::attrs::write_through::WriteThrough;
use crate::entry::attribute;

fn through(args: TokenStream, item: &TokenStream, expected: &ExpectFile) {
    expected.assert_eq(&pretty(attribute::<WriteThrough>(args, item)));
}

#[test]
fn one_field() {
    through(
        quote!(
            key = UserById(id),
            layout = hash,
            field = models::User.name,
            value = name,
            version = 2
        ),
        &quote! {
            async fn rename(&self, id: UserId, name: &str) -> Result<(), DbError> { body }
        },
        &expect_file!["snapshots/write_through_one_field.rs"],
    );
}

#[test]
fn by_field() {
    through(
        quote!(
            key = "user:<user.id>",
            ttl = 60,
            layout = hash,
            value = user
        ),
        &quote! {
            async fn save(&self, user: &User) -> Result<(), DbError> { body }
        },
        &expect_file!["snapshots/write_through_by_field.rs"],
    );
}
