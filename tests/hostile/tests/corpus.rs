//! All that the fuzzers have found worth keeping, on the compiler that everybody has.

use std::path::PathBuf;

use cached_redis_tests_hostile as hostile;

fn each(target: &str, check: impl Fn(&[u8])) {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let files = std::fs::read_dir(corpus.join(target)).expect("a corpus");
    let mut count = 0;
    for file in files {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("a file that can be read");
        // Shown if it fails: which file it was.
        println!("{}", path.display());
        check(&bytes);
        count += 1;
    }
    assert!(count > 4, "the corpus of {target} is in its place");
}

fn text(check: impl Fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| {
        if let Ok(text) = str::from_utf8(bytes) {
            check(text);
        }
    }
}

#[test]
fn entries() {
    each("entry", hostile::entry);
}

#[test]
fn payloads() {
    each("payload", hostile::payload);
}

#[test]
fn urls() {
    each("url", text(hostile::url));
}

#[test]
fn templates() {
    each("template", text(hostile::template));
}

#[test]
fn keys() {
    each("key", text(hostile::key));
}
