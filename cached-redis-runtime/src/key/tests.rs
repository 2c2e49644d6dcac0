use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;

use super::{CacheKey, Key, KeyWriter, SEGMENT, render};

fn text(value: &dyn CacheKey) -> String {
    render("", &["", ""], &[value])
}

/// The characters that a template's own text may not consist of, because a value's text can.
fn may_occur_in_a_value(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || "-._@+%~(),[]".contains(ch)
}

#[test]
fn integers_are_decimal() {
    assert_eq!(text(&0_u8), "0");
    assert_eq!(text(&u64::MAX), "18446744073709551615");
    assert_eq!(text(&usize::MAX), usize::MAX.to_string());
    assert_eq!(text(&-1_i8), "-1");
    assert_eq!(text(&i8::MIN), "-128");
    assert_eq!(text(&i64::MIN), "-9223372036854775808");
    assert_eq!(text(&isize::MIN), isize::MIN.to_string());
    assert_eq!(text(&u128::MAX), "340282366920938463463374607431768211455");
    assert_eq!(text(&i128::MIN), "-170141183460469231731687303715884105728");
    assert_eq!(text(&NonZero::<i16>::MIN), "-32768");
}

#[test]
fn text_is_escaped() {
    assert_eq!(text(&"a:b{c}%"), "a%3Ab%7Bc%7D%25");
    assert_eq!(text(&'/'), "%2F");
    assert_eq!(text(&true), "true");
    assert_eq!(
        text(&String::from("jo.doe+tag@example.org")),
        "jo.doe+tag@example.org"
    );
}

#[test]
fn options_tuples_and_lists() {
    assert_eq!(text(&None::<u8>), "~");
    assert_eq!(text(&Some("~")), "%7E");
    assert_eq!(text(&Some(None::<u8>)), "~~");
    assert_eq!(text(&Some(Some(None::<u8>))), "~~~");
    assert_eq!(text(&Some(Some(7))), "7");
    assert_eq!(text(&Some((None::<u8>, 1))), "(~,1)");
    assert_eq!(text(&(1, "a,b", ())), "(1,a%2Cb,())");
    assert_eq!(text(&("x",)), "(x)");
    assert_eq!(text(&[1, 2, 3]), "[1,2,3]");
    assert_eq!(text(&vec![vec!["a"], vec![]]), "[[a],[]]");
    assert_eq!(text(&Vec::<String>::new()), "[]");
    assert_eq!(text(&[""]), "[%]");
    assert_eq!(text(&["", ""]), "[,]");
}

#[test]
fn pointers_are_transparent() {
    let plain = text(&"a b");
    assert_eq!(text(&&&"a b"), plain);
    assert_eq!(text(&Box::<str>::from("a b")), plain);
    assert_eq!(text(&Rc::<str>::from("a b")), plain);
    assert_eq!(text(&Arc::new(String::from("a b"))), plain);
    assert_eq!(text(&Cow::Borrowed("a b")), plain);
    assert_eq!(text(&&mut "a b"), plain);
    assert_eq!(text(&(&[1_u8, 2][..])), "[1,2]");
    assert_eq!(text(&(Box::new(3) as Box<dyn CacheKey>)), "3");
}

#[test]
fn a_part_writes_itself() {
    struct Wrapped(Option<&'static str>);

    impl CacheKey for Wrapped {
        fn write_key(&self, key: &mut KeyWriter<'_>) {
            key.part(&self.0);
        }
    }

    assert_eq!(text(&Wrapped(Some("a b"))), "a%20b");
    assert_eq!(text(&Some(Wrapped(None))), "~~");
}

#[test]
fn a_key_is_the_namespace_and_the_template() {
    let key = render("app:", &["user:", ":", ""], &[&7, &"x/y"]);
    assert_eq!(key, "app:user:7:x%2Fy");
    assert_eq!(render("", &["all"], &[]), "all");
}

#[test]
fn an_ordinary_key_is_rendered_without_growing() {
    let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let key = render("app:", &["user:", ":", ""], &[&uuid, &u64::MAX]);
    assert_eq!(key.capacity(), "app:user::".len() + 2 * SEGMENT);
}

#[test]
fn a_key_shows_its_text_only_when_asked() {
    let key = Key::new("session:<token>", "session:s3cret".to_owned());
    assert_eq!(key.to_string(), "session:s3cret");
    assert_eq!(key.as_str(), "session:s3cret");
    assert_eq!(AsRef::<str>::as_ref(&key), "session:s3cret");
    assert_eq!(key.template(), "session:<token>");
    assert_eq!(format!("{key:?}"), r#"Key("session:<token>")"#);
    let other = Key::new("session:<id>", "session:s3cret".to_owned());
    assert_eq!(key, other);
    assert_ne!(key, Key::new("session:<token>", "session:other".to_owned()));
    assert_eq!(HashMap::from([(key, 1)]).get("session:s3cret"), Some(&1));

    let mut secret = String::from("s3cret");
    let writer = KeyWriter::new(&mut secret);
    assert_eq!(format!("{writer:?}"), "KeyWriter { .. }");
}

/// Those that mean something in a key, and one that means nothing.
const CHARS: &str = if cfg!(miri) { "a~," } else { "a~%,([])" };

/// Every text of up to `most` of these characters.
fn texts(most: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut start = 0;
    for _ in 0..most {
        let longer = texts[start..]
            .iter()
            .flat_map(|text| CHARS.chars().map(move |ch| format!("{text}{ch}")));
        let longer: Vec<_> = longer.collect();
        start = texts.len();
        texts.extend(longer);
    }
    texts
}

fn options<T: Clone>(values: &[T]) -> Vec<Option<T>> {
    let some = values.iter().cloned().map(Some);
    [None].into_iter().chain(some).collect()
}

/// Every list of up to three of the values.
fn lists<T: Clone>(values: &[T]) -> Vec<Vec<T>> {
    let mut lists = vec![vec![]];
    let mut start = 0;
    for _ in 0..3 {
        let longer = lists[start..].iter().flat_map(|list: &Vec<T>| {
            values
                .iter()
                .map(move |value| [&list[..], std::slice::from_ref(value)].concat())
        });
        let longer: Vec<_> = longer.collect();
        start = lists.len();
        lists.extend(longer);
    }
    lists
}

fn all_differ<T: CacheKey>(values: &[T]) {
    let mut texts: Vec<_> = values.iter().map(|value| text(value)).collect();
    texts.sort_unstable();
    let shared = texts.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(shared, None);
}

#[test]
fn no_two_small_values_share_a_text() {
    let short = texts(1);
    all_differ(&texts(3));
    all_differ(&options(&options(&options(&short))));
    all_differ(&lists(&short));
    all_differ(&lists(&options(&short)));
    all_differ(&options(&lists(&options(&options(&texts(0))))));
    all_differ(&lists(&lists(&texts(0))));

    let pairs = short
        .iter()
        .flat_map(|a| options(&texts(1)).into_iter().map(move |b| (a.clone(), b)));
    let pairs: Vec<_> = pairs.collect();
    all_differ(&pairs);
    all_differ(&options(&lists(&pairs[..if cfg!(miri) { 3 } else { 12 }])));
}

#[test]
fn no_two_small_values_share_a_key() {
    let mut keys = HashMap::new();
    for a in texts(2) {
        for b in texts(1) {
            for c in options(&texts(1)) {
                let key = render("", &["", "-:-", "{", "}"], &[&a, &b, &c]);
                let value = (a.clone(), b.clone(), c);
                assert_eq!(keys.insert(key, value), None);
            }
        }
    }
}

/// Short texts out of the characters that matter, so that collisions would be found.
fn tricky() -> impl Strategy<Value = String> {
    "[a~%,:(){}\\[\\]é-]{0,3}"
}

type Three = (String, String, Option<String>);

fn three() -> impl Strategy<Value = Three> {
    (tricky(), tricky(), proptest::option::of(tricky()))
}

proptest! {
    #[test]
    fn a_value_holds_no_separator(
        value in (any::<Option<char>>(), prop::collection::vec(".{0,8}", 0..3)),
    ) {
        prop_assert!(text(&value).chars().all(may_occur_in_a_value));
    }

    #[test]
    fn escaping_can_be_undone(value in any::<String>()) {
        let escaped = text(&value);
        let mut bytes = Vec::new();
        let mut rest = escaped.as_bytes();
        while let [first, tail @ ..] = rest {
            if *first == b'%' {
                let hex = std::str::from_utf8(&tail[..2]).unwrap();
                bytes.push(u8::from_str_radix(hex, 16).unwrap());
                rest = &tail[2..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        prop_assert_eq!(String::from_utf8(bytes).unwrap(), value);
    }

    #[test]
    fn integers_as_the_standard_library_writes_them(a in any::<i64>(), b in any::<u32>(), c in any::<i16>()) {
        prop_assert_eq!(text(&a), a.to_string());
        prop_assert_eq!(text(&b), b.to_string());
        prop_assert_eq!(text(&c), c.to_string());
    }

    #[test]
    fn distinct_values_render_distinct_keys(a in three(), b in three()) {
        let key = |v: &Three| render("", &["a:", ":b:", "-:-", "}"], &[&v.0, &v.1, &v.2]);
        prop_assert_eq!(a == b, key(&a) == key(&b));
    }

    #[test]
    fn distinct_tuples_render_distinct_texts(a in three(), b in three()) {
        prop_assert_eq!(a == b, text(&a) == text(&b));
    }

    #[test]
    fn distinct_lists_render_distinct_texts(
        a in proptest::collection::vec(proptest::option::of(tricky()), 0..3),
        b in proptest::collection::vec(proptest::option::of(tricky()), 0..3),
    ) {
        prop_assert_eq!(a == b, text(&a) == text(&b));
    }

    #[test]
    fn nested_options_and_lists_stay_apart(
        a in any::<Option<Option<Option<bool>>>>(),
        b in any::<Option<Option<Option<bool>>>>(),
        c in any::<Option<Vec<Option<()>>>>(),
        d in any::<Option<Vec<Option<()>>>>(),
    ) {
        prop_assert_eq!(a == b, text(&a) == text(&b));
        prop_assert_eq!(c == d, text(&c) == text(&d));
    }
}
