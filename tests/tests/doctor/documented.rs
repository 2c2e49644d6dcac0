//! The documentation shows what is printed, and names what can be found.

use std::path::Path;

use cached_redis_tests::Server;

use crate::examine;

const PAGE: &str = include_str!("../../../cached-redis-runtime/docs/doctor.md");

/// The codes in the table, and those in the source.
#[test]
fn the_table_has_every_code() {
    let (_, table) = PAGE.split_once("|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let mut listed: Vec<_> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    listed.sort_unstable();
    let judge =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../cached-redis-runtime/src/doctor/judge");
    let mut written = Vec::new();
    for file in std::fs::read_dir(judge).unwrap() {
        let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
        // Each rule has the name of what it finds.
        let functions = source.split("pub(super) fn ").skip(1);
        let names = functions.map(|text| text.split(['(', '<']).next().unwrap().to_owned());
        written.extend(names.filter(|name| source.contains(&format!("\"{name}\""))));
    }
    written.sort_unstable();
    assert_eq!(listed, written);
}

/// But for the numbers: they are those of the day.
#[tokio::test]
async fn the_example_is_what_is_printed() {
    let server = Server::start();
    // As it is unless a server is told otherwise, which ours are.
    server.run(&["CONFIG", "SET", "save", "3600 1"]);
    let printed = examine(&server).await.to_string();
    let (_, example) = PAGE.split_once("```text\n").unwrap();
    let (example, _) = example.split_once("\n```").unwrap();
    assert_eq!(
        without_numbers(&printed),
        without_numbers(example),
        "{printed}"
    );
}

fn without_numbers(text: &str) -> String {
    // Nor is it about whose server it is.
    let words = [
        (" µs", " ms"),
        (" GiB", " MiB"),
        (" KiB", " MiB"),
        ("valkey", "redis"),
    ];
    let text = words.iter().fold(text.to_owned(), |text, (word, other)| {
        text.replace(word, other)
    });
    let parts = text
        .split(|c: char| c.is_ascii_digit())
        .filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("#")
}
