use super::{Field, Hole, Part, Problem, ProblemKind, Tag, Template, parse};

/// The parts as one line each: text in quotes, holes as `root.field@whole/path`.
fn shown(template: &Template) -> Vec<String> {
    template
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => format!("{text:?}"),
            Part::Hole(hole) => {
                let fields: String = hole.fields.iter().fold(String::new(), |all, field| {
                    all + "."
                        + &match field {
                            Field::Name(name) => name.clone(),
                            Field::Index(index) => format!("#{index}"),
                        }
                });
                format!(
                    "{}{fields}@{}..{}/{}..{}",
                    hole.root, hole.whole.start, hole.whole.end, hole.path.start, hole.path.end
                )
            }
        })
        .collect()
}

#[test]
fn takes_text_and_holes_apart() {
    let cases: &[(&str, &[&str])] = &[
        ("settings", &["\"settings\""]),
        ("user:<id>", &["\"user:\"", "id@5..9/6..8"]),
        ("<id>", &["id@0..4/1..3"]),
        ("<a>:<b>", &["a@0..3/1..2", "\":\"", "b@4..7/5..6"]),
        ("<a><b>", &["a@0..3/1..2", "b@3..6/4..5"]),
        ("<self.tenant.name>", &["self.tenant.name@0..18/1..17"]),
        ("<point.0.1>", &["point.#0.#1@0..11/1..10"]),
        ("<type>", &["type@0..6/1..5"]),
        ("<_id2>", &["_id2@0..6/1..5"]),
        ("ü<größe>", &["\"ü\"", "größe@2..11/3..10"]),
        ("<<id>>", &["\"<id>\""]),
        ("<<<id>>>", &["\"<\"", "id@2..6/3..5", "\">\""]),
        ("a<<b", &["\"a<b\""]),
        ("{<id>}\n", &["\"{\"", "id@1..5/2..4", "\"}\\n\""]),
    ];
    for (text, parts) in cases {
        let template = parse(text).unwrap();
        assert_eq!(shown(&template), *parts, "{text}");
    }
}

#[test]
fn says_what_is_wrong_and_where() {
    let cases = [
        ("", ProblemKind::Empty, 0..0),
        (" \t", ProblemKind::Empty, 0..2),
        ("a<id", ProblemKind::Unclosed, 1..4),
        ("a<", ProblemKind::Unclosed, 1..2),
        ("<a<b>", ProblemKind::Unclosed, 0..2),
        ("a>b", ProblemKind::Stray, 1..2),
        ("<a>>", ProblemKind::Stray, 3..4),
        ("a<>b", ProblemKind::EmptyHole, 1..3),
        ("<r#type>", ProblemKind::RawName, 1..7),
        ("< id >", ProblemKind::Space, 1..5),
        ("<a.>", ProblemKind::Dot, 2..3),
        ("<.a>", ProblemKind::Dot, 1..2),
        ("<a..b>", ProblemKind::Dot, 2..3),
        ("<.>", ProblemKind::Dot, 1..2),
        ("<0>", ProblemKind::Digits, 1..2),
        ("<a.01>", ProblemKind::Digits, 3..5),
        ("<a.1b>", ProblemKind::Digits, 3..5),
        ("<a.99999999999>", ProblemKind::Digits, 3..14),
        ("<a()>", ProblemKind::Character('('), 2..3),
        ("<a b()>", ProblemKind::Character('('), 4..5),
        ("<a::b>", ProblemKind::Character(':'), 2..3),
        ("<a\u{300}²>", ProblemKind::Character('\u{300}'), 2..4),
    ];
    for (text, kind, at) in cases {
        assert_eq!(parse(text), Err(vec![Problem { kind, at }]), "{text}");
    }
}

#[test]
fn finds_every_problem() {
    let problems = parse("<a.>:<>:>:<b").unwrap_err();
    let kinds: Vec<_> = problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(
        kinds,
        [
            ProblemKind::Dot,
            ProblemKind::EmptyHole,
            ProblemKind::Stray,
            ProblemKind::Unclosed
        ]
    );
}

#[test]
fn records_the_hash_tag_that_redis_would_use() {
    let closed = |whole, has_hole| Tag::Closed { whole, has_hole };
    let cases = [
        ("user:<id>", Tag::None),
        ("user:}<id>", Tag::None),
        ("{<id>}", closed(0..6, true)),
        ("a{b<id>}c", closed(1..8, true)),
        ("{all}:<id>", closed(0..5, false)),
        // The first pair counts, also when the second has the value.
        ("{all}{<id>}", closed(0..5, false)),
        ("{a{<id>}", closed(0..8, true)),
        ("{{}<id>}", closed(0..3, false)),
        ("{}{<id>}", Tag::Empty(0..2)),
        ("a{<id>", Tag::Open(1..2)),
        ("}{<id>", Tag::Open(1..2)),
        ("{<<}", closed(0..4, false)),
    ];
    for (text, tag) in cases {
        assert_eq!(parse(text).unwrap().tag, tag, "{text}");
    }
}

/// The text that a template was read from: nothing is lost or made up.
fn written(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(literal) => literal.replace('<', "<<").replace('>', ">>"),
        Part::Hole(Hole { root, fields, .. }) => {
            let steps = fields.iter().map(|field| match field {
                Field::Name(name) => name.clone(),
                Field::Index(index) => index.to_string(),
            });
            let path: Vec<_> = [root.clone()].into_iter().chain(steps).collect();
            format!("<{}>", path.join("."))
        }
    };
    template.parts.iter().map(part).collect()
}

/// All texts of up to six characters of an alphabet that has every character with a meaning, a letter, a digit, a
/// space and one that takes two bytes: no panic, every range inside the text, and what parses reads back as written.
#[test]
fn every_short_text_parses_or_is_refused_within_its_bounds() {
    const ALPHABET: [char; 9] = ['<', '>', '{', '}', '.', 'a', '1', ' ', 'ü'];
    let mut texts = vec![String::new()];
    let mut count = 0;
    while let Some(text) = texts.pop() {
        count += 1;
        match parse(&text) {
            Ok(template) => {
                assert_eq!(written(&template), text);
                for part in &template.parts {
                    if let Part::Hole(hole) = part {
                        assert_eq!(
                            &text[hole.path.clone()],
                            &text[hole.whole.start + 1..hole.whole.end - 1]
                        );
                    }
                }
                if let Tag::Open(at) | Tag::Empty(at) | Tag::Closed { whole: at, .. } = template.tag
                {
                    assert!(text[at].starts_with('{'));
                }
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                for problem in problems {
                    assert!(
                        text.get(problem.at.clone()).is_some(),
                        "{text}: {problem:?}"
                    );
                }
            }
        }
        if text.chars().count() < 6 {
            texts.extend(ALPHABET.iter().map(|c| format!("{text}{c}")));
        }
    }
    assert_eq!(count, (0..=6).map(|n| 9_usize.pow(n)).sum::<usize>());
}
