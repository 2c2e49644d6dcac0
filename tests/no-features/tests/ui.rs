//! What compiles without any feature but the attributes, and the message for each format whose feature is off.

#[test]
fn without_features() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/wrong/*.rs");
}
