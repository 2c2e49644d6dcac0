use proptest::prelude::*;

use super::{Chars, Pattern};
use crate::key::{CacheKey, render};

/// A number stands for an integer parameter: `<0>`.
fn pattern(template: &str) -> Pattern {
    let names = template.split('<').skip(1).enumerate();
    let integers = names.filter(|(_, name)| name.starts_with('0'));
    Pattern::new(template, integers.map(|(i, _)| 1_u64 << i).sum())
}

fn overlap(a: &str, b: &str) -> bool {
    let (a, b) = (pattern(a), pattern(b));
    assert_eq!(a.overlaps(&b), b.overlaps(&a), "it has no direction");
    a.overlaps(&b)
}

#[test]
fn what_has_a_text_in_common() {
    for (a, b) in [
        ("user:<id>", "user:<user.id>"),
        ("user:<id>", "user:all"),
        ("user:<id>", "user:"),
        ("<kind>:<id>", "user:<id>"),
        ("<a>:x", "y:<b>"),
        ("<a>-<b>", "1-2"),
        ("a<x>b", "ab"),
        ("a<x>b", "abab"),
        ("user:<0>", "user:7"),
        ("user:<0>", "user:-7"),
        ("user:<0>", "user:<name>"),
        ("user:<0>", "user:1<0>"),
        ("a<<b", "a<<b"),
        ("x:<a>:<b>", "x:<a>:y"),
        ("{<a>}:items", "{t1}:<b>"),
    ] {
        assert!(overlap(a, b), "{a} and {b}");
    }
}

#[test]
fn what_has_none() {
    for (a, b) in [
        ("user:<id>", "users:<id>"),
        ("user:<id>", "user:<id>:posts"),
        ("user:<id>", "team:<id>"),
        ("user:<id>", "user:{all}"),
        ("user:<id>", "user:a b"),
        ("user:<0>", "user:all"),
        ("user:<0>", "user:"),
        ("user:<0>", "user:7a"),
        ("<a>:<0>", "user:<b>x"),
        ("a<x>b", "bxa"),
        ("a<<b", "a<b>"),
        ("a>>b", "a<<b"),
        ("{<a>}", "<a>"),
    ] {
        assert!(!overlap(a, b), "{a} and {b}");
    }
}

#[test]
fn names_are_no_part_of_the_shape() {
    let shape = |template| pattern(template).shape().to_owned();
    assert_eq!(shape("user:<id>"), shape("user:<user.id>"));
    assert_eq!(shape("user:<id>"), shape("user:<0>"));
    assert_ne!(shape("user:<id>"), shape("user:<<id>>"));
    assert_ne!(shape("user:<id>"), shape("user:<id>:<id>"));
}

#[test]
fn the_distance_counts_a_placeholder_once() {
    let distance = |a, b| pattern(a).distance(&pattern(b));
    assert_eq!(distance("user:<id>", "user:<user.id>"), 0);
    assert_eq!(distance("users:<id>", "user:<id>"), 1);
    assert_eq!(distance("user:<id>", "user:<team>:<id>"), 2);
    assert!(pattern("users:<id>").is_near(&pattern("user:<id>")));
    assert!(!pattern("user:<id>").is_near(&pattern("product:<id>:stock")));
}

fn template() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("<x>".to_owned()),
        Just("<0>".to_owned()),
        "[a17:-]{1,2}"
    ];
    prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
}

/// The template's text for these values: in their order, again and again.
fn rendered(template: &str, texts: &[String], numbers: &[i64]) -> String {
    let mut text = String::new();
    let mut rest = template;
    let mut hole = 0;
    while let Some((literal, behind)) = rest.split_once('<') {
        text.push_str(literal);
        if behind.starts_with('0') {
            text += &render("", &["", ""], &[&numbers[hole % numbers.len()]]);
        } else {
            text += &render("", &["", ""], &[&texts[hole % texts.len()]]);
        }
        hole += 1;
        rest = behind.split_once('>').map_or("", |(_, rest)| rest);
    }
    text + rest
}

proptest! {
    /// No silence: a text that a template writes belongs to it.
    #[test]
    fn a_template_overlaps_each_of_its_texts(
        template in template(),
        texts in prop::collection::vec("[a17-]{0,3}", 1..4),
        numbers in prop::collection::vec(any::<i64>(), 1..4),
    ) {
        let text = rendered(&template, &texts, &numbers);
        prop_assert!(overlap(&template, &text), "{template} writes {text}");
    }

    /// No false alarm: what overlaps has a text in common, which a search among short texts finds.
    #[test]
    fn an_overlap_has_a_witness(a in "[a:]{0,2}(<x>|<0>)?[a1]{0,2}", b in "[a:]{0,2}(<x>|<0>)?[a1]{0,2}") {
        fn texts(template: &str) -> Vec<String> {
            let Some((before, behind)) = template.split_once('<') else {
                return vec![template.to_owned()];
            };
            let (hole, after) = behind.split_once('>').unwrap();
            let letters: &[char] = if hole == "0" { &['1'] } else { &['a', '1'] };
            let mut values = vec![String::new()];
            for length in 0..5 {
                let longest: Vec<_> = values.iter().filter(|v| v.len() == length).cloned().collect();
                for value in longest {
                    values.extend(letters.iter().map(|letter| format!("{value}{letter}")));
                }
            }
            if hole == "0" {
                values.remove(0);
            }
            values.iter().map(|value| format!("{before}{value}{after}")).collect()
        }
        let there = texts(&b);
        let witness = texts(&a).into_iter().any(|text| there.contains(&text));
        prop_assert_eq!(overlap(&a, &b), witness, "{} and {}", a, b);
    }

    /// The alphabet is the one that keys are written in.
    #[test]
    fn values_write_what_the_pattern_expects(
        text: String, number: i64, wide: u128, list: Vec<Option<String>>, c: char,
    ) {
        let parts: [&dyn CacheKey; 4] = [&text, &list, &(&text, c, &list), &wide];
        for part in parts {
            let text = render("", &["", ""], &[part]);
            prop_assert!(text.chars().all(|c| Chars::Value.contains(c)), "{text}");
        }
        let text = render("", &["", ""], &[&number]);
        prop_assert!(text.chars().all(|c| Chars::Integer.contains(c)), "{text}");
    }
}
