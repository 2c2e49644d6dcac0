//! What `key_family!` declares.

use expect_test::expect_file;
use quote::quote;

use super::{pretty, titles};
use crate::attrs::cache_aside::CacheAside;
use crate::entry::{attribute, key_family};

#[test]
fn families() {
    let families = key_family(quote! {
        crate = facade;

        /// One member of a team.
        pub(crate) Member(team: TeamId, name: &str, r#as: Option<&Role>) -> Vec<User> =
            "team:<team.id>:<name>:<team.id>:<as>";
        All() -> User = "users:all";
        ByName(name: &str) -> User = "user:<name>";
        Grades(of: [u8], name: &str, year: r#u16) -> u8 = "grades:<of>:<name>:<year>";
        Named(name: Cow<'_, str>, of: &'static str) -> u8 = "named:<name>:<of>";
    });
    expect_file!["snapshots/key_family_families.rs"].assert_eq(&pretty(families));
}

/// A family whose template is wrong is declared all the same, or each of its uses would be an error too.
#[test]
fn a_mistake_in_the_template_costs_one_message() {
    let families = key_family(quote! { pub ById(id: u64) -> User = "user:<di>"; });
    assert!(families.to_string().contains("pub struct ById"));
    assert_eq!(
        titles(families),
        ["the key names `<di>`, but `ById` has no parameter `di`"]
    );
}

/// One mistake does not hide the next family's, nor the next family.
#[test]
fn each_family_is_read_for_itself() {
    let families = key_family(quote! {
        A -> u64 = "a";
        B(id: u64) -> u64 = "b:<id>";
        C(id) -> u64 = "c:<id>";
        D(id: u64) -> Option<u64> = "d:<id>"
    });
    assert!(families.to_string().contains("struct B"));
    assert_eq!(
        titles(families),
        [
            "`A` does not say what tells its entries apart",
            "an argument of a key family is a name and a type: expected `:`",
            "a key family says what is stored, and that is what is inside",
        ]
    );
}

/// In arguments, a name after a dot is a field: it neither uses a parameter nor is it the result.
#[test]
fn fields_are_no_names() {
    let aside = |args, item| titles(attribute::<CacheAside>(args, &item));
    let shared = "two calls that differ only in `id` would share one cache entry";
    for (args, expected) in [
        (quote!(key = A(user.id), ttl = 60), &[shared][..]),
        (quote!(key = A(user.id, id), ttl = 60), &[]),
        (quote!(key = A(&user.f(..id)), ttl = 60), &[]),
        (quote!(key = A(user.ret), skip(id), ttl = 60), &[]),
        (quote!(key = A([user.0, *id]), ttl = 60), &[]),
    ] {
        let item = quote! { async fn find(user: &User, id: &u64) -> u64 { 7 } };
        assert_eq!(aside(args.clone(), item), expected, "{args}");
    }
}
