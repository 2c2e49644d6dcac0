//! What all `.stderr` files of the UI tests have in common: one mistake is one message, in the user's words.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that show several errors, how many, and why. All others show one.
const SEVERAL: &[(&str, usize, &str)] = &[
    ("argument/nothing_given", 2, "key and ttl are both missing"),
    (
        "argument/several_at_once",
        5,
        "five mistakes in one attribute, all reported at once",
    ),
    (
        "bound/body_of_another_type",
        3,
        "two bodies, one with an early return",
    ),
    ("derive/attribute_argument", 2, "two types"),
    ("derive/field_without_cache_key", 2, "two types"),
    ("family/another_value", 2, "two functions"),
    (
        "family/declared_adjacent",
        4,
        "four declarations in one macro call",
    ),
    (
        "family/declared_generic",
        10,
        "ten declarations in one macro call",
    ),
    (
        "family/declared_no_key_part",
        4,
        "four declarations in one macro call",
    ),
    (
        "family/declared_unknown_placeholder",
        3,
        "three declarations in one macro call",
    ),
    (
        "family/declared_value",
        4,
        "four declarations in one macro call",
    ),
    (
        "family/declared_with_holes",
        8,
        "eight declarations in one macro call",
    ),
    ("family/no_family", 2, "two functions"),
    ("family/result", 4, "four functions"),
    ("family/unknown", 2, "two functions"),
    ("family/unused_parameter", 2, "two functions"),
    ("family/wrong_form", 6, "six functions"),
    ("key/in_key_macro", 7, "seven calls of `key!`"),
    ("key/pattern_moved_by_async_trait", 3, "three methods"),
    ("key/unknown_twice", 2, "two placeholders"),
    ("signature/returns_a_borrow", 3, "three functions"),
    ("soft/borrowed", 6, "six functions"),
    (
        "soft/type_parameter_that_may_borrow",
        2,
        "rustc says it of the closure and of its future",
    ),
    ("stacking/read_and_write", 2, "two functions"),
    (
        "stacking/two_mistakes",
        2,
        "a mistake in each of two attributes",
    ),
];

/// What rustc says after a mistake that it, or we, reported already.
const FOLLOW_ONS: &[&str] = &[
    "cannot find function",
    "cannot find method",
    "type annotations needed",
    "attribute panicked",
    "macro panicked",
    "the fault is its own",
    "warning:",
];

#[test]
fn one_mistake_is_one_message() {
    let files = files();
    for (name, text) in &files {
        let listed = SEVERAL.iter().find(|(several, ..)| several == name);
        let expected = listed.map_or(1, |(_, errors, _)| *errors);
        assert_eq!(messages(text).len(), expected, "{name}:\n{text}");
    }
    for (several, ..) in SEVERAL {
        assert!(
            files.iter().any(|(name, _)| name == several),
            "{several} is gone"
        );
    }
    let alone = files.len() - SEVERAL.len();
    assert!(alone >= 60, "{alone}");
}

#[test]
fn no_message_is_followed_by_another_about_the_same() {
    for (name, text) in files() {
        for follow_on in FOLLOW_ONS {
            assert!(!text.contains(follow_on), "{name}: {follow_on}\n{text}");
        }
    }
}

/// Those with a number are rustc's.
#[test]
fn our_messages_are_short_and_say_what_to_write() {
    for (name, text) in files() {
        let ours = messages(&text)
            .into_iter()
            .filter_map(|message| message.strip_prefix("error: "));
        for message in ours {
            let title = message.lines().next().unwrap_or_default();
            let starts_small = !title.starts_with(char::is_uppercase);
            assert!(starts_small && !title.ends_with('.'), "{name}: {title}");
            assert!(title.chars().count() <= 90, "{name}: {title}");
            let says_what = message.contains("help: ") || message.contains("its arguments are ");
            assert!(says_what, "{name}: {message}");
        }
    }
}

/// Each begins with a line of its own.
fn messages(text: &str) -> Vec<&str> {
    let starts = text.match_indices("error").map(|(start, _)| start);
    let mut starts: Vec<_> = starts
        .filter(|&start| start == 0 || text[..start].ends_with('\n'))
        .collect();
    starts.push(text.len());
    starts
        .windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .collect()
}

/// All files, by folder and name, with their text.
fn files() -> Vec<(String, String)> {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut files: Vec<_> = entries(&ui)
        .iter()
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| entries(folder))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "stderr")
        })
        .map(|path| {
            let name = path
                .strip_prefix(&ui)
                .expect("below the folder")
                .with_extension("");
            let name = name.to_str().expect("an ASCII name").replace('\\', "/");
            (name, fs::read_to_string(&path).expect("a readable file"))
        })
        .collect();
    files.sort();
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a readable folder");
    entries
        .map(|entry| entry.expect("a readable entry").path())
        .collect()
}
