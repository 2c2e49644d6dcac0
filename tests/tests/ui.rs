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
fn family() {
    wrong("family");
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
fn each() {
    wrong("each");
}

#[test]
fn stacking() {
    wrong("stacking");
}

#[test]
fn derive() {
    wrong("derive");
}

/// With a file that must pass, trybuild builds instead of checking: only then are constants computed, so what is
/// wrong with one is found here.
#[test]
fn pass() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/build/*.rs");
}
