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
fn layout() {
    wrong("layout");
}

#[test]
fn soft() {
    wrong("soft");
}

#[test]
fn tags() {
    wrong("tags");
}

#[test]
fn write() {
    wrong("write");
}

#[test]
fn read_through() {
    wrong("read_through");
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
    // rustc quotes the standard library where it has its source, which an editor installs and a fresh machine has not.
    if has_sources() {
        println!("skipped ui/build: with the component rust-src rustc says more than is expected");
    } else {
        cases.compile_fail("ui/build/*.rs");
    }
}

fn has_sources() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = std::process::Command::new(rustc)
        .args(["--print", "sysroot"])
        .output();
    let sysroot = String::from_utf8(sysroot.expect("a compiler").stdout);
    let sources = "lib/rustlib/src/rust/library/core/src/lib.rs";
    std::path::Path::new(sysroot.expect("a path").trim())
        .join(sources)
        .exists()
}
