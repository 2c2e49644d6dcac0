//! What the catalogue is told about a value: its type, as far as the signature tells it, and how long it lives.

use crate::model::function::Function;
use crate::model::ttl::Life;
use crate::model::value::ValueType;
use crate::parse::item::Item;

/// The type as written and as it may be compared.
fn value(output: &str) -> (String, Option<String>) {
    type_of(output, false)
}

fn type_of(output: &str, rows: bool) -> (String, Option<String>) {
    let text = format!("async fn find<Row, const N: usize>() -> {output} {{ }}");
    let item: Item = syn::parse_str(&text).unwrap();
    let ty = ValueType::of(&Function::of(&item), rows).unwrap();
    (ty.written, ty.comparable)
}

#[test]
fn types_that_the_text_tells() {
    for (output, written, comparable) in [
        ("User", "User", "User"),
        ("Option<User>", "User", "User"),
        ("Result<User, E>", "User", "User"),
        ("sqlx::Result<Option<Arc<User>>>", "User", "User"),
        ("DbResult<models::User>", "models::User", "User"),
        ("Arc<str>", "str", "str"),
        (
            "std::vec::Vec<crate::User>",
            "std::vec::Vec<crate::User>",
            "Vec<User>",
        ),
        (
            "Result<HashMap<u8, Page<::a::User>>>",
            "HashMap<u8, Page<::a::User>>",
            "HashMap<u8, Page<User>>",
        ),
        (
            "(a::User, [u8; 4])",
            "(a::User, [u8; 4])",
            "(User, [u8; 4])",
        ),
        ("Cow<'static, str>", "Cow<'static, str>", "Cow<, str>"),
        // Only what the runtime looks behind, and only in that order.
        ("Option<Option<User>>", "Option<User>", "Option<User>"),
        ("Box<User>", "Box<User>", "Box<User>"),
    ] {
        let expected = (written.to_owned(), Some(comparable.to_owned()));
        assert_eq!(value(output), expected, "{output}");
    }
}

#[test]
fn types_that_it_does_not_tell() {
    for output in [
        "Self",
        "Vec<Self>",
        "Self::Row",
        "T",
        "Option<Arc<T>>",
        "Vec<K2>",
        "T::Row",
        "<Entity as Store>::Row",
        "Vec<Row>",
        "[u8; N]",
        "Fallible<User>",
        "UserResult",
        "models::Page<User>",
        "row!(User)",
    ] {
        assert_eq!(value(output).1, None, "{output}");
    }
}

#[test]
fn lives_in_one_way_however_they_are_written() {
    for (millis, text) in [
        (3_600_000, "1h"),
        (5_400_000, "1h30m"),
        (90_061_001, "1d1h1m1s1ms"),
        (500, "500ms"),
    ] {
        assert_eq!(Life::Millis(millis).text(), text);
    }
    let expr = syn::parse_str("Self::TTL").unwrap();
    assert_eq!(Life::Expr(Box::new(expr)).text(), "Self::TTL");
}

#[test]
fn types_of_rows() {
    for output in [
        "HashMap<u64, User>",
        "DbResult<BTreeMap<u64, models::User>>",
        "Result<Vec<(u64, Arc<User>)>, E>",
        "HashMap<u64, User, RandomState>",
    ] {
        let (_, comparable) = type_of(output, true);
        assert_eq!(comparable.as_deref(), Some("User"), "{output}");
    }
    let output = "Rows";
    let text = format!("async fn find() -> {output} {{ }}");
    let item: Item = syn::parse_str(&text).unwrap();
    assert!(
        ValueType::of(&Function::of(&item), true).is_none(),
        "an alias tells nothing"
    );
}
