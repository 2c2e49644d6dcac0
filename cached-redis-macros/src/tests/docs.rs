//! The documentation of the arguments is made from their table, or held against it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use expect_test::expect_file;
use proc_macro2::TokenStream;
use quote::quote;

use crate::attrs::ALL;
use crate::attrs::Attribute as _;
use crate::attrs::cache_aside::CacheAside;
use crate::diag::Errors;
use crate::ide;
use crate::parse::args::{Args, Grammar, Spec};

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

/// Each has a page of its own in the guide, and nothing else has: what is new is explained, or this fails.
#[test]
fn every_argument_has_its_page_and_every_page_its_argument() {
    let names = pages();
    let names: BTreeSet<_> = names.iter().map(|page| page.name.clone()).collect();
    let arguments = ALL.iter().flat_map(|grammar| grammar.args);
    let arguments: BTreeSet<_> = arguments.map(|spec| ide::module(spec.name)).collect();
    assert_eq!(names, arguments);
}

/// `UPDATE_EXPECT=1` writes the tables anew.
#[test]
fn tables_of_the_pages_are_those_of_the_parser() {
    for page in pages() {
        let (before, rest) = page.text.split_once("\n\n| attribute |").unwrap();
        let (_, after) = rest.split_once("\n\n").unwrap();
        assert!(!before.contains('\n'), "{}: one sentence first", page.name);
        let mut table = String::from("| attribute | value | default |\n|---|---|---|");
        for (grammar, spec) in page.takers() {
            let (attribute, place) = (grammar.attribute, place(spec.name));
            let (value, default) = (spec.value, spec.default);
            let _ = write!(
                table,
                "\n| [`{attribute}`](macro@crate::{attribute}#{place}) | {value} | {default} |"
            );
        }
        let text = format!("{before}\n\n{table}\n\n{after}");
        expect_file![page.file].assert_eq(&text);
    }
}

/// With each attribute that takes it, or at least with one of them where it is the same for all.
#[test]
fn every_page_has_an_example() {
    for page in pages() {
        let codes = page.text.split("\n```").skip(1).step_by(2);
        let codes: Vec<_> = codes.filter(|code| !code.starts_with("text")).collect();
        let (_, spec) = page.takers().next().unwrap();
        let is_used = |code: &&str| {
            let mut words = code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            code.contains("#[") && words.any(|word| word == spec.name)
        };
        assert!(codes.iter().any(is_used), "{}", page.name);
    }
}

/// The sections of an attribute are short, and lead to the pages.
#[test]
fn every_section_leads_to_its_page() {
    for (text, grammar) in [
        (include_str!("../../docs/cache_aside.md"), ALL[0]),
        (include_str!("../../docs/cache_invalidate.md"), ALL[1]),
        (include_str!("../../docs/write_through.md"), ALL[2]),
    ] {
        for spec in grammar.args {
            let name = spec.name;
            let (_, section) = text.split_once(&format!("\n## `{name}`\n")).unwrap();
            let (section, _) = section.split_once("\n```\n").unwrap();
            let page = ide::page(name);
            assert!(section.contains(&format!("]({page})")), "{name}");
        }
    }
}

/// The guide's table has a line for each, with ticks for the attributes that take it.
#[test]
fn the_guide_leads_to_every_argument() {
    let guide = include_str!("../../../cached-redis-runtime/docs/guide/arguments.md");
    let (_, table) = guide.split_once("# Arguments\n").unwrap();
    let (table, _) = table.split_once("\n# ").unwrap();
    let linked = table.matches("](self::").count() - table.matches("](self::key#").count();
    assert_eq!(linked, pages().len());
    for page in pages() {
        let (_, spec) = page.takers().next().unwrap();
        let ticks = ALL.iter().map(|grammar| {
            let mut names = grammar.args.iter().map(|spec| spec.name);
            if names.any(|name| name == spec.name) {
                "✓"
            } else {
                "–"
            }
        });
        let ticks: Vec<_> = ticks.collect();
        let row = format!(
            " | [`{}`](self::{}) | {} | ",
            spec.name,
            page.name,
            ticks.join(" | ")
        );
        assert!(table.contains(&row[1..]), "{row}");
    }
}

/// A page of the guide about one argument.
struct Page {
    /// As its module is called.
    name: String,
    file: PathBuf,
    text: String,
}

fn pages() -> Vec<Page> {
    let place = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../cached-redis-runtime/docs/guide/arguments"
    );
    let files = fs::read_dir(place).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let pages = files.map(|file| Page {
        name: file.file_stem().unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(&file).unwrap(),
        file,
    });
    pages.collect()
}

impl Page {
    fn takers(&self) -> impl Iterator<Item = (&'static Grammar, &'static Spec)> {
        ALL.into_iter().filter_map(|grammar| {
            let mut args = grammar.args.iter();
            let spec = args.find(|spec| ide::module(spec.name) == self.name)?;
            Some((grammar, spec))
        })
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
