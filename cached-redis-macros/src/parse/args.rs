//! `name`, `name = value` and `name(list)`: one loop and one table for every attribute.
//! Unknown, duplicate and missing arguments and the wrong kind of value are decided here and nowhere else.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Lit, Token, parenthesized};

use crate::diag::{Diag, Errors};
use crate::suggest::nearest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `name = value`
    Value,
    /// `name(list)`
    List,
    /// `name`
    Flag,
}

/// One argument that an attribute takes.
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The argument as one would write it, for help lines.
    pub(crate) example: &'static str,
    /// The documentation's table: what it takes, and what holds without it.
    pub(crate) value: &'static str,
    pub(crate) default: &'static str,
    /// One sentence, shown by an editor.
    pub(crate) meaning: &'static str,
}

/// All that an attribute takes.
pub(crate) struct Grammar {
    /// Without `#[…]`.
    pub(crate) attribute: &'static str,
    pub(crate) args: &'static [Spec],
    /// Names that a coming release will take.
    pub(crate) later: &'static [&'static str],
    /// What other caches call one of `args`.
    pub(crate) synonyms: &'static [(&'static str, &'static str)],
    /// Names that have no place here, with the reason.
    pub(crate) misplaced: &'static [(&'static str, &'static str)],
}

/// An argument that was given, with the span of its name for messages.
pub(crate) struct Given<T> {
    pub(crate) name: Ident,
    pub(crate) value: T,
}

enum Value {
    Expr(Box<Expr>),
    List(TokenStream),
    Flag,
    /// Given, but already complained about.
    Broken,
}

/// The arguments of one use of an attribute.
pub(crate) struct Args {
    given: Vec<Given<Value>>,
    /// All names as they were typed, half-typed ones among them.
    typed: Vec<Ident>,
    /// Names that a misspelt argument was probably meant to be.
    meant: Vec<&'static str>,
    /// Something without a name was given: whatever is missing, it may have been that.
    has_nameless: bool,
}

impl Args {
    pub(crate) fn parse(tokens: TokenStream, grammar: &Grammar, errors: &mut Errors) -> Self {
        let mut args = Self {
            given: Vec::new(),
            typed: Vec::new(),
            meant: Vec::new(),
            has_nameless: false,
        };
        let read_all = |input: ParseStream<'_>| {
            while !input.is_empty() {
                read_one(input, grammar, &mut args, errors);
            }
            Ok(())
        };
        if let Err(error) = read_all.parse2(tokens) {
            errors.push(Diag::new(error.span(), error.to_string()));
        }
        args
    }

    /// Also true for an argument whose value was refused: it is not missing.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|given| given.name.unraw() == name)
    }

    /// Whether `name` is missing, as far as one can tell.
    pub(crate) fn lacks(&self, name: &str) -> bool {
        !self.has(name) && !self.meant.contains(&name) && !self.has_nameless
    }

    pub(crate) fn typed(&self) -> &[Ident] {
        &self.typed
    }

    /// The value of `name`, left to who takes it.
    pub(crate) fn peek(&self, name: &str) -> Option<&Expr> {
        let given = self.given.iter().find(|g| g.name.unraw() == name)?;
        match &given.value {
            Value::Expr(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn expr(&mut self, name: &str) -> Option<Given<Expr>> {
        match self.take(name)? {
            (name, Value::Expr(value)) => Some(Given {
                name,
                value: *value,
            }),
            _ => None,
        }
    }

    pub(crate) fn list(&mut self, name: &str) -> Option<Given<TokenStream>> {
        match self.take(name)? {
            (name, Value::List(value)) => Some(Given { name, value }),
            _ => None,
        }
    }

    pub(crate) fn flag(&mut self, name: &str) -> Option<Ident> {
        match self.take(name)? {
            (name, Value::Flag) => Some(name),
            _ => None,
        }
    }

    fn take(&mut self, name: &str) -> Option<(Ident, Value)> {
        let given = self.given.iter_mut().find(|g| g.name.unraw() == name)?;
        let value = std::mem::replace(&mut given.value, Value::Broken);
        Some((given.name.clone(), value))
    }
}

fn read_one(input: ParseStream<'_>, grammar: &Grammar, args: &mut Args, errors: &mut Errors) {
    let Ok(name) = input.call(Ident::parse_any) else {
        errors.push(no_name(input, grammar));
        args.has_nameless = true;
        skip_to_comma(input);
        return;
    };
    args.typed.push(name.clone());
    let known = grammar.args.iter().find(|spec| name.unraw() == spec.name);
    let value = match read_value(input, &name, known) {
        Ok(value) => {
            end_of_argument(input, errors);
            value
        }
        Err(diag) => {
            errors.push(diag);
            skip_to_comma(input);
            Value::Broken
        }
    };
    let Some(spec) = known else {
        let plain = name.unraw().to_string();
        let synonym = grammar.synonyms.iter().find(|(theirs, _)| *theirs == plain);
        let names = grammar.args.iter().map(|spec| spec.name);
        let near = synonym.map_or_else(|| nearest(&plain, names), |(_, ours)| Some(*ours));
        if !grammar.later.contains(&plain.as_str()) {
            args.meant.extend(near);
        }
        errors.push(unknown(&name, &plain, near, grammar));
        return;
    };
    if args.has(spec.name) {
        let title = format!("`{}` is given twice", spec.name);
        errors.push(Diag::new(name.span(), title).help("keep one of them"));
        return;
    }
    let value = match wrong_kind(&name, spec, &value) {
        Some(diag) => {
            errors.push(diag);
            Value::Broken
        }
        None => value,
    };
    args.given.push(Given { name, value });
}

/// What follows the name. Errors are about the syntax, not about what the argument expects.
fn read_value(input: ParseStream<'_>, name: &Ident, known: Option<&Spec>) -> Result<Value, Diag> {
    let with_example = |diag: Diag| match known {
        Some(spec) => diag.help(format!("write `{}`", spec.example)),
        None => diag,
    };
    if input.peek(Token![=]) {
        let _: Option<Token![=]> = input.parse().ok();
        if input.is_empty() || input.peek(Token![,]) {
            let title = format!("`{name}` needs a value");
            return Err(with_example(Diag::new(name.span(), title)));
        }
        input.parse().map(Value::Expr).map_err(|error| {
            let title = format!("the value of `{name}` is not an expression");
            with_example(Diag::new(error.span(), title))
        })
    } else if input.peek(syn::token::Paren) {
        let list = (|| {
            let list;
            parenthesized!(list in input);
            list.parse()
        })();
        list.map(Value::List)
            .map_err(|error: syn::Error| Diag::new(error.span(), error.to_string()))
    } else if input.is_empty() || input.peek(Token![,]) || input.peek(Ident::peek_any) {
        Ok(Value::Flag)
    } else {
        let title = format!("expected `=` after `{name}`");
        Err(with_example(Diag::new(input.span(), title)))
    }
}

/// A forgotten comma costs one message, and not the next argument too.
fn end_of_argument(input: ParseStream<'_>, errors: &mut Errors) {
    if input.is_empty() || matches!(input.parse::<Option<Token![,]>>(), Ok(Some(_))) {
        return;
    }
    errors.push(Diag::new(input.span(), "expected `,`").help("put a comma between two arguments"));
    if !input.peek(Ident::peek_any) {
        skip_to_comma(input);
    }
}

fn wrong_kind(name: &Ident, spec: &Spec, value: &Value) -> Option<Diag> {
    let problem = match (spec.kind, value) {
        (_, Value::Broken)
        | (Kind::Value, Value::Expr(_))
        | (Kind::List, Value::List(_))
        | (Kind::Flag, Value::Flag) => return None,
        (Kind::Value, _) => "needs a value",
        (Kind::List, _) => "takes a list in parentheses",
        (Kind::Flag, _) => "takes no value",
    };
    let title = format!("`{}` {problem}", spec.name);
    Some(Diag::new(name.span(), title).help(format!("write `{}`", spec.example)))
}

fn unknown(name: &Ident, plain: &str, near: Option<&str>, grammar: &Grammar) -> Diag {
    let attribute = grammar.attribute;
    if grammar.later.contains(&plain) {
        let title = format!("`{plain}` is not supported yet by `#[{attribute}]`");
        return Diag::new(name.span(), title)
            .help(format!("leave `{plain}` out until a release supports it"));
    }
    let title = format!("`#[{attribute}]` has no argument `{plain}`");
    let diag = Diag::new(name.span(), title);
    let misplaced = grammar.misplaced.iter().find(|(name, _)| *name == plain);
    match (misplaced, near) {
        (Some((_, reason)), _) => diag.help(*reason),
        (None, Some(near)) if grammar.synonyms.iter().any(|(theirs, _)| *theirs == plain) => {
            let spec = grammar.args.iter().find(|spec| spec.name == near);
            let example = spec.map_or(near, |spec| spec.example);
            diag.help(format!("it is called `{near}` here: write `{example}`"))
        }
        (None, Some(near)) => diag.help(format!(
            "there is an argument with a similar name: `{near}`"
        )),
        (None, None) => {
            let names: Vec<_> = grammar.args.iter().map(|spec| spec.name).collect();
            diag.note(format!("its arguments are `{}`", names.join("`, `")))
        }
    }
}

fn no_name(input: ParseStream<'_>, grammar: &Grammar) -> Diag {
    let diag = Diag::new(input.span(), "expected the name of an argument");
    let takes_ttl = grammar.args.iter().any(|spec| spec.name == "ttl");
    match input.fork().parse::<Lit>() {
        Ok(Lit::Str(literal)) => diag.help(format!(
            "the template has a name: `key = {}`",
            literal.token()
        )),
        Ok(Lit::Int(literal)) if takes_ttl => {
            diag.help(format!("the lifetime has a name: `ttl = {literal}`"))
        }
        _ => diag.help(format!(
            "write `#[{}({}, …)]`",
            grammar.attribute, grammar.args[0].example
        )),
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() {
        let comma = input.peek(Token![,]);
        if input.parse::<TokenTree>().is_err() || comma {
            return;
        }
    }
}
