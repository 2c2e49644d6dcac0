//! The message for each format whose feature is off.

#[test]
fn codec() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
