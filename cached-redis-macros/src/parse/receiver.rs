//! The `self` of a body that is never parsed.

use proc_macro2::{Delimiter, Group, Ident, Literal, Spacing, Span, TokenStream, TokenTree};

/// What stands for the receiver. The name has the hygiene of `receiver`, so a `self` that meant this receiver finds what
/// has its name.
pub(crate) fn stand_in(receiver: Span) -> Ident {
    Ident::new("__self", receiver)
}

/// The body with [`stand_in`] for its receiver. `None` if it does not name the receiver.
///
/// Left alone are `self::path` and `pub(self)`, and the `self` of functions inside the body: those in an `impl` or a `trait`.
/// A group that is left alone keeps the spans of both its braces, which a new one cannot have.
pub(crate) fn replaced(body: &TokenStream) -> Option<TokenStream> {
    let mut found = false;
    let mut tokens = body.clone().into_iter().peekable();
    let mut walked = Vec::new();
    while let Some(token) = tokens.next() {
        let after = match &token {
            TokenTree::Ident(word) => after(word, tokens.peek()),
            _ => After::Anything,
        };
        walked.push(match token {
            TokenTree::Ident(word) if word == "self" && !is_path(tokens.peek()) => {
                found = true;
                stand_in(word.span()).into()
            }
            TokenTree::Group(group) => match replaced(&group.stream()) {
                Some(inside) => {
                    found = true;
                    let mut inside = Group::new(group.delimiter(), inside);
                    inside.set_span(group.span());
                    inside.into()
                }
                None => group.into(),
            },
            other => other,
        });
        match after {
            After::Anything => {}
            After::Group => walked.extend(tokens.next()),
            After::Item(end) => item(end, &mut tokens, &mut walked),
        }
    }
    found.then(|| walked.into_iter().collect())
}

fn is_path(next: Option<&TokenTree>) -> bool {
    matches!(next, Some(TokenTree::Punct(colon))
        if colon.as_char() == ':' && colon.spacing() == Spacing::Joint)
}

/// A text inside of a macro call with `{self}` in it.
pub(crate) fn in_text(body: &TokenStream) -> Option<Literal> {
    fn search(tokens: &TokenStream, in_macro: bool) -> Option<Literal> {
        let mut bang = false;
        tokens.clone().into_iter().find_map(|token| {
            let after_bang = std::mem::take(&mut bang);
            match token {
                TokenTree::Punct(punct) => {
                    bang = punct.as_char() == '!' && punct.spacing() == Spacing::Alone;
                    None
                }
                TokenTree::Group(group) => search(&group.stream(), in_macro || after_bang),
                TokenTree::Literal(literal) if in_macro => {
                    let text = literal.to_string();
                    let found = text.contains("{self}") || text.contains("{self:");
                    found.then_some(literal)
                }
                _ => None,
            }
        })
    }
    search(body, false)
}

/// What comes after a word.
enum After {
    Anything,
    /// `pub(self)`
    Group,
    /// Something with a `self` of its own.
    Item(End),
}

#[derive(Clone, Copy)]
enum End {
    /// `impl … { … }`, `trait … { … }`, `fn name(&self) { … }`
    Block,
    /// `use module::{self, …};`
    Semicolon,
}

fn after(word: &Ident, next: Option<&TokenTree>) -> After {
    let is_group = matches!(next, Some(TokenTree::Group(_)));
    if word == "pub" && is_group {
        After::Group
    } else if word == "impl" || word == "trait" || (word == "fn" && !is_group) {
        After::Item(End::Block)
    } else if word == "use" {
        After::Item(End::Semicolon)
    } else {
        After::Anything
    }
}

/// Takes over what the item consists of, as it is.
fn item(end: End, tokens: &mut impl Iterator<Item = TokenTree>, walked: &mut Vec<TokenTree>) {
    // A brace between `<` and `>` is a constant: `impl Of<{ N }> for T { … }`.
    let mut depth = 0_usize;
    let mut after_dash = false;
    for token in tokens {
        let is_end = match &token {
            TokenTree::Punct(punct) => {
                match punct.as_char() {
                    '<' => depth += 1,
                    '>' if !after_dash => depth = depth.saturating_sub(1),
                    _ => {}
                }
                after_dash = punct.as_char() == '-';
                punct.as_char() == ';'
            }
            TokenTree::Group(group) => {
                after_dash = false;
                let is_block = group.delimiter() == Delimiter::Brace && depth == 0;
                is_block && matches!(end, End::Block)
            }
            _ => {
                after_dash = false;
                false
            }
        };
        walked.push(token);
        if is_end {
            return;
        }
    }
}
