//! Every message that the attributes can give, and every shape of function that they take, one test per folder of `ui/`.
//!
//! `TRYBUILD=overwrite cargo test -p cached-redis-tests --test ui` blesses the `.stderr` files; read each as a user would.

fn wrong(folder: &str) {
    trybuild::TestCases::new().compile_fail(format!("ui/{folder}/*.rs"));
}

#[test]
fn argument() {
    wrong("argument");
}

#[test]
fn key() {
    wrong("key");
}

#[test]
fn signature() {
    wrong("signature");
}

#[test]
fn bound() {
    wrong("bound");
}

#[test]
fn stacking() {
    wrong("stacking");
}

#[test]
fn derive() {
    wrong("derive");
}

#[test]
fn pass() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
