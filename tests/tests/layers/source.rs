//! The sources as text, and the modules that they name.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// One module names another.
#[derive(PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    path: PathBuf,
    line: usize,
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from,
            to,
            path,
            line,
        } = self;
        write!(
            f,
            "{}:{line}: `{from}` must not name `{to}`",
            path.display()
        )
    }
}

/// A file of `src`.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// The modules around the file's items, without the crate itself.
    fn modules(&self) -> Vec<String> {
        let path = self.path.with_extension("");
        let names = path.iter().map(|name| name.to_string_lossy().into_owned());
        names
            .filter(|name| name != "mod" && name != "lib")
            .collect()
    }

    pub(crate) fn module(&self) -> String {
        self.modules()
            .into_iter()
            .next()
            .unwrap_or_else(|| "lib".to_owned())
    }

    pub(crate) fn edges(&self) -> Vec<Edge> {
        let (from, depth) = (self.module(), self.modules().len());
        let targets = targets(&without_tests(&tokens(&self.text)), depth);
        let edge = |(line, to): (usize, String)| Edge {
            from: from.clone(),
            to,
            path: self.path.clone(),
            line,
        };
        targets.into_iter().map(edge).collect()
    }
}

/// Every file of a crate's `src` but those that are tests as a whole.
pub(crate) fn sources(name: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(name)
        .join("src");
    let mut open = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(path) = open.pop() {
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if is_test {
            continue;
        }
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder of the workspace");
            open.extend(entries.map(|entry| entry.expect("an entry of that folder").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source in UTF-8");
            let path = path
                .strip_prefix(&root)
                .expect("a file below the root")
                .to_owned();
            sources.push(Source { path, text });
        }
    }
    assert!(sources.len() > 5, "no sources in {}", root.display());
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// A word or a single other character, with its line.
type Token = (usize, String);

/// The tokens that matter: comments and literals are left out.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let length = literal_or_comment(rest);
        let is_word = |ch: char| ch.is_alphanumeric() || ch == '_';
        let length = if length > 0 {
            length
        } else if is_word(first) {
            let end = rest.find(|ch| !is_word(ch)).unwrap_or(rest.len());
            tokens.push((line, rest[..end].to_owned()));
            end
        } else {
            if !first.is_whitespace() {
                tokens.push((line, first.to_string()));
            }
            first.len_utf8()
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// The length of the comment or literal that `text` starts with, or 0.
fn literal_or_comment(text: &str) -> usize {
    let until = |end: &str, skip: usize| {
        text[skip..]
            .find(end)
            .map_or(text.len(), |at| skip + at + end.len())
    };
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return until("*/", 2);
    }
    if let Some(raw) = text.strip_prefix("r").or(text.strip_prefix("br")) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let skip = text.len() - raw.len() + hashes + 1;
            return until(&format!("\"{}", "#".repeat(hashes)), skip);
        }
    }
    let quote = if text.starts_with('"') || text.starts_with("b\"") {
        '"'
    } else {
        '\''
    };
    if quote == '\'' && !is_char(text) {
        return 0;
    }
    let open = text.find(quote).unwrap_or_default() + 1;
    let mut escaped = false;
    for (at, ch) in text[open..].char_indices() {
        match ch {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if ch == quote => return open + at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether a quote starts a character and not a lifetime.
fn is_char(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('\'').or(text.strip_prefix("b'")) else {
        return false;
    };
    let mut chars = rest.chars();
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

/// Leaves out each item under `#[cfg(test)]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let here = tokens[at..].iter().map(|(_, token)| token.as_str());
        if here.take(MARK.len()).eq(MARK) {
            at = end_of_item(tokens, at + MARK.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Where the item that starts here ends: behind its `;`, or behind its braces.
fn end_of_item(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, (_, token)) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(token.as_str(), "}" | ";") {
            return at + 1;
        }
    }
    tokens.len()
}

/// The top-level modules that these tokens name, with the lines. `depth` is the number of modules around them.
fn targets(tokens: &[Token], depth: usize) -> Vec<(usize, String)> {
    let word = |at: usize| tokens.get(at).map_or("", |(_, token)| token.as_str());
    let is_path = |at: usize| word(at) == ":" && word(at + 1) == ":";
    let mut found = Vec::new();
    let mut braces = 0_usize;
    // For each inline module around, the braces that were open when it began.
    let mut inline: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match word(at) {
            "mod" if word(at + 2) == "{" => inline.push(braces),
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                inline.pop_if(|open| *open == braces);
            }
            "crate" if is_path(at + 1) => found.extend(first_names(tokens, at + 3)),
            "super" if is_path(at + 1) => {
                let mut up = 1;
                while word(at + 3) == "super" && is_path(at + 4) {
                    up += 1;
                    at += 3;
                }
                if up == depth + inline.len() {
                    found.extend(first_names(tokens, at + 3));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The name at this place, or the first name of each branch of the group there.
fn first_names(tokens: &[Token], start: usize) -> Vec<(usize, String)> {
    if tokens.get(start).is_none_or(|(_, token)| token != "{") {
        return tokens.get(start).cloned().into_iter().collect();
    }
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for pair in tokens[start..].windows(2) {
        match pair[0].1.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(pair[0].1.as_str(), "{" | ",") && pair[1].1 != "}" {
            names.push(pair[1].clone());
        }
    }
    names
}
