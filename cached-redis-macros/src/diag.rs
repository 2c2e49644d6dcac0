//! Error messages. The only maker of `compile_error!`; imports nothing of ours.

use std::fmt::Write as _;
use std::ops::Range;

use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

/// One message: what is wrong, the template with a caret under the culprit, and what to write instead.
#[derive(Debug)]
pub(crate) struct Diag {
    start: Span,
    end: Span,
    title: String,
    drawing: Option<String>,
    notes: Vec<String>,
    helps: Vec<String>,
}

impl Diag {
    pub(crate) fn new(span: Span, title: impl Into<String>) -> Self {
        Self {
            start: span,
            end: span,
            title: title.into(),
            drawing: None,
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    /// Underlines everything from the first to the last token.
    pub(crate) fn over(tokens: &impl ToTokens, title: impl Into<String>) -> Self {
        let mut tokens = tokens.to_token_stream().into_iter();
        let start = tokens.next().map_or_else(Span::call_site, |t| t.span());
        let end = tokens.last().map_or(start, |t| t.span());
        Self {
            end,
            ..Self::new(start, title)
        }
    }

    /// Draws `text` with a caret under `at`: stable compilers cannot underline a part of a literal.
    pub(crate) fn draw(mut self, text: &str, at: &Range<usize>, label: &str) -> Self {
        let shown = |text: &str| -> String {
            text.chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect()
        };
        let column = text[..at.start].chars().count();
        let width = text[at.start..at.end].chars().count().max(1);
        let carets = "^".repeat(width);
        let line = format!("{:column$}{carets} {label}", "");
        self.drawing = Some(format!("    {}\n    {}", shown(text), line.trim_end()));
        self
    }

    /// A line of information under the drawing.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Something that can be pasted. Never more than two.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    fn message(&self) -> String {
        let mut text = self.title.clone();
        if let Some(drawing) = &self.drawing {
            let _ = write!(text, "\n\n{drawing}");
        }
        if !self.notes.is_empty() || (self.drawing.is_none() && !self.helps.is_empty()) {
            text.push('\n');
        }
        for note in &self.notes {
            let _ = write!(text, "\n{note}");
        }
        for help in &self.helps {
            let _ = write!(text, "\nhelp: {help}");
        }
        text
    }

    // Output:
    //     ::core::compile_error! { "message" }
    // The path carries the first span and the braces the last, so that rustc underlines all between.
    fn to_compile_error(&self) -> TokenStream {
        let path = quote_spanned!(self.start=> ::core::compile_error!);
        let mut message = Literal::string(&self.message());
        message.set_span(self.end);
        let mut braces = Group::new(Delimiter::Brace, TokenTree::from(message).into());
        braces.set_span(self.end);
        let mut tokens = path;
        tokens.extend([TokenTree::from(braces)]);
        tokens
    }
}

/// All messages of one expansion. Must be consumed: a message that nobody shows is a silent wrong expansion.
#[derive(Debug)]
pub(crate) struct Errors(Option<Vec<Diag>>);

impl Errors {
    pub(crate) fn new() -> Self {
        Self(Some(Vec::new()))
    }

    pub(crate) fn push(&mut self, diag: Diag) {
        self.0.get_or_insert_default().push(diag);
    }

    /// What to emit beside the item, in source order; `None` when nothing was found.
    pub(crate) fn finish(mut self) -> Option<TokenStream> {
        let mut diags = self.0.take().unwrap_or_default();
        if diags.is_empty() {
            return None;
        }
        // Stable: two messages about one literal stay in the order they were found.
        diags.sort_by_key(|diag| position(diag.start));
        Some(diags.iter().map(Diag::to_compile_error).collect())
    }
}

/// Line and column, which proc-macro2 tells only with a feature that would cost every other macro of the
/// user's build. Unit tests run without a compiler to ask.
fn position(span: Span) -> (usize, usize) {
    if proc_macro::is_available() {
        let span = span.unwrap();
        (span.line(), span.column())
    } else {
        (0, 0)
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.0.is_none(), "error messages were collected and lost");
        }
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::{Diag, Errors};

    #[test]
    fn draws_under_the_culprit() {
        let diag = Diag::new(Span::call_site(), "the key is wrong")
            .draw("ü:<id>\n:x", &(3..7), "here")
            .note("a note")
            .help("a help");
        assert_eq!(
            diag.message(),
            "the key is wrong\n\n    ü:<id> :x\n      ^^^^ here\n\na note\nhelp: a help"
        );
    }

    #[test]
    fn helps_stand_apart_from_the_title() {
        let diag = Diag::new(Span::call_site(), "`ttl` is zero").help("write `ttl = 60`");
        assert_eq!(diag.message(), "`ttl` is zero\n\nhelp: write `ttl = 60`");
    }

    #[test]
    #[should_panic(expected = "collected and lost")]
    fn refuses_to_lose_messages() {
        let mut errors = Errors::new();
        errors.push(Diag::new(Span::call_site(), "something"));
        drop(errors);
    }
}
