//! Tokens as a person would have written them: `Vec<&'a str>`, whatever the compiler's own spacing is.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

pub(crate) fn source(tokens: &impl ToTokens) -> String {
    let mut out = String::new();
    write(tokens.to_token_stream(), &mut out);
    out
}

fn write(tokens: TokenStream, out: &mut String) {
    let mut operator = String::new();
    for token in tokens {
        let TokenTree::Punct(punct) = token else {
            flush(&mut operator, out);
            operand(token, out);
            continue;
        };
        let alone = matches!(punct.as_char(), ',' | ';' | '\'');
        if alone {
            flush(&mut operator, out);
        }
        operator.push(punct.as_char());
        if alone || punct.spacing() == Spacing::Alone {
            flush(&mut operator, out);
        }
    }
    flush(&mut operator, out);
}

fn flush(operator: &mut String, out: &mut String) {
    match operator.as_str() {
        "," | ";" => out.extend([operator.as_str(), " "]),
        "->" | "+" | "=" | "/" => out.extend([" ", operator.as_str(), " "]),
        _ => out.push_str(operator),
    }
    operator.clear();
}

fn operand(token: TokenTree, out: &mut String) {
    let TokenTree::Group(group) = token else {
        let word = token.to_string();
        if out.ends_with(is_word) && word.starts_with(is_word) {
            out.push(' ');
        }
        out.push_str(&word);
        return;
    };
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Brace => ("{ ", " }"),
        Delimiter::None => ("", ""),
    };
    if out.ends_with("mut") {
        out.push(' ');
    }
    out.push_str(open);
    write(group.stream(), out);
    out.truncate(out.trim_end().len());
    out.push_str(close);
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn types_and_expressions_look_as_they_are_written() {
        for text in [
            "sqlx::Result<Option<Vec<User>>>",
            "HashMap<String, Vec<u8>>",
            "Cow<'static, str>",
            "&'a mut [u8; 4]",
            "Box<dyn Fn(u8) -> u8 + Send>",
            "<T as Entity>::Row",
            "fn()",
            "Self::TTL",
            "self.cache",
            "config().ttl",
            "Duration::from_secs(60)",
            "(u8, u16)",
        ] {
            let tokens: proc_macro2::TokenStream = text.parse().unwrap();
            assert_eq!(source(&tokens), text);
        }
    }
}
