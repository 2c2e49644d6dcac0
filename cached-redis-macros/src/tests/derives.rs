//! What the derives and `key!` make of their input.

use expect_test::expect_file;
use quote::quote;

use super::pretty;
use crate::entry::{derive_cache_key, derive_key_name, key};

#[test]
fn derives() {
    let input = quote! {
        struct Pair<'a, A, B, M>(A, &'a [B], PhantomData<M>);
    };
    expect_file!["snapshots/derives_cache_key_of_a_struct.rs"]
        .assert_eq(&pretty(derive_cache_key(input)));
    let input = quote! {
        #[cache_key(crate = facade)]
        enum Kind { Small, r#Large }
    };
    expect_file!["snapshots/derives_cache_key_of_an_enum.rs"]
        .assert_eq(&pretty(derive_cache_key(input.clone())));
    expect_file!["snapshots/derives_key_name.rs"].assert_eq(&pretty(derive_key_name(input)));
}

#[test]
fn key_of_local_variables() {
    let key = key(quote!("user:<self.tenant>:<id>"));
    expect_file!["snapshots/key_of_local_variables.rs"]
        .assert_eq(&pretty(quote!(const _: () = #key;)));
}
