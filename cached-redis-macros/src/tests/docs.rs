//! The documentation of the arguments is made from their table, or held against it.

use std::fmt::Write as _;

use expect_test::expect_file;
use proc_macro2::TokenStream;
use quote::quote;

use crate::attrs::ALL;
use crate::attrs::Attribute as _;
use crate::attrs::cache_aside::CacheAside;
use crate::diag::Errors;
use crate::parse::args::{Args, Grammar};

/// `UPDATE_EXPECT=1` writes the tables anew.
#[test]
fn tables_are_those_of_the_parser() {
    let aside = include_str!("../../docs/cache_aside.md");
    expect_file!["../../docs/cache_aside.md"].assert_eq(&with_table(aside, ALL[0]));
    let invalidate = include_str!("../../docs/cache_invalidate.md");
    expect_file!["../../docs/cache_invalidate.md"].assert_eq(&with_table(invalidate, ALL[1]));
    let through = include_str!("../../docs/write_through.md");
    expect_file!["../../docs/write_through.md"].assert_eq(&with_table(through, ALL[2]));
}

#[test]
fn every_argument_has_its_section_and_every_section_its_argument() {
    for (page, grammar) in [
        (include_str!("../../docs/cache_aside.md"), ALL[0]),
        (include_str!("../../docs/cache_invalidate.md"), ALL[1]),
        (include_str!("../../docs/write_through.md"), ALL[2]),
    ] {
        let sections: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`'))
            .collect();
        let arguments: Vec<_> = grammar.args.iter().map(|spec| spec.name).collect();
        assert_eq!(sections, arguments, "{}", grammar.attribute);
    }
}

/// The examples of the help lines are what the parser takes.
#[test]
fn examples_are_arguments() {
    for grammar in ALL {
        for spec in grammar.args {
            assert_eq!(read(spec.example, grammar), [spec.name]);
        }
    }
}

/// A synonym stands for an argument, and is none.
#[test]
fn synonyms_are_of_arguments() {
    for grammar in ALL {
        let has = |name: &str| grammar.args.iter().any(|spec| spec.name == name);
        for (theirs, ours) in grammar.synonyms {
            assert!(has(ours) && !has(theirs), "{theirs}, {ours}");
        }
    }
}

/// The README's table is shorter than the documentation's, but has all of them and no other.
#[test]
fn readme_names_every_argument() {
    let grammar = CacheAside::GRAMMAR;
    let readme = include_str!("../../../README.md");
    let rows = readme.split_once("| `cache_aside` | |\n").unwrap().1;
    let rows = rows.split_once("\n\n").unwrap().0;
    let mut shown: Vec<_> = rows
        .lines()
        .skip(1)
        .filter_map(|row| row.strip_prefix("| ")?.split_once(" | "))
        .flat_map(|(examples, _)| examples.split("`, `"))
        .map(|example| example.trim_matches('`').replace("\\|", "|"))
        .flat_map(|example| read(&example, grammar))
        .collect();
    shown.sort_unstable();
    let mut arguments: Vec<_> = grammar.args.iter().map(|spec| spec.name).collect();
    arguments.sort_unstable();
    assert_eq!(shown, arguments);
}

/// Each has a link from the guide to its section, and nothing else has.
#[test]
fn the_guide_leads_to_every_argument() {
    let guide = include_str!("../../../cached-redis-runtime/docs/guide/arguments.md");
    let (_, table) = guide.split_once("# Arguments\n").unwrap();
    let (table, _) = table.split_once("\n[Key templates]").unwrap();
    for grammar in ALL {
        let start = format!("](macro@crate::{}#", grammar.attribute);
        let links = table.split(&start).skip(1);
        let mut linked: Vec<_> = links.filter_map(|rest| rest.split(')').next()).collect();
        linked.sort_unstable();
        let mut arguments: Vec<_> = grammar.args.iter().map(|spec| place(spec.name)).collect();
        arguments.sort_unstable();
        assert_eq!(linked, arguments, "{}", grammar.attribute);
    }
}

/// The names in `example`, which the parser has nothing to say against.
fn read(example: &str, grammar: &Grammar) -> Vec<String> {
    let mut errors = Errors::new();
    let tokens: TokenStream = example.parse().unwrap();
    let args = Args::parse(quote!(#tokens), grammar, &mut errors);
    assert!(errors.finish().is_none(), "{example}");
    args.typed().iter().map(ToString::to_string).collect()
}

/// Where rustdoc puts an argument's section. It keeps `layout` for what it says itself of a type's.
fn place(name: &'static str) -> &'static str {
    if name == "layout" { "layout-1" } else { name }
}

/// The page with its table made from `grammar`.
fn with_table(page: &str, grammar: &Grammar) -> String {
    let (before, rest) = page.split_once("# Arguments\n\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let mut table = String::from("| argument | value | default |\n|---|---|---|");
    for spec in grammar.args {
        let (name, value, default) = (spec.name, spec.value, spec.default);
        let place = place(name);
        let _ = write!(table, "\n| [`{name}`](#{place}) | {value} | {default} |");
    }
    format!("{before}# Arguments\n\n{table}\n\n{after}")
}
