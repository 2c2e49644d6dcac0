//! `skip(a, b)`: parameters that cannot change the result.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::Token;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;

use crate::diag::{Diag, Errors};
use crate::model::function::Function;
use crate::parse::args::Args;
use crate::suggest::nearest;

pub(crate) struct Skip {
    names: Vec<Ident>,
    /// What misspelt names were probably meant to be.
    meant: Vec<String>,
    /// After a list that could not be read, nothing may be called unused.
    pub(crate) broken: bool,
}

impl Skip {
    pub(crate) fn parse(args: &mut Args, errors: &mut Errors) -> Self {
        let Some(list) = args.list("skip") else {
            return Self {
                names: Vec::new(),
                meant: Vec::new(),
                broken: !args.lacks("skip"),
            };
        };
        // `_` stands for the parameters without a name.
        let name = |input: ParseStream<'_>| match input.parse::<Option<Token![_]>>()? {
            Some(underscore) => Ok(format_ident!("_", span = underscore.span)),
            None => input.call(Ident::parse_any),
        };
        let names = |input: ParseStream<'_>| {
            Punctuated::<Ident, Token![,]>::parse_terminated_with(input, name)
        };
        match names.parse2(list.value) {
            Ok(names) => Self {
                names: names.into_iter().collect(),
                meant: Vec::new(),
                broken: false,
            },
            Err(error) => {
                let span = error.span();
                errors.push(
                    Diag::new(span, "`skip` takes the names of parameters")
                        .help("write `skip(db, trace_id)`"),
                );
                Self {
                    names: Vec::new(),
                    meant: Vec::new(),
                    broken: true,
                }
            }
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|ident| ident.unraw() == name)
            || self.meant.iter().any(|meant| meant == name)
    }

    /// The argument as it would be with more names.
    pub(crate) fn with(&self, names: &[String]) -> String {
        let given = self.names.iter().map(ToString::to_string);
        let all: Vec<_> = given.chain(names.iter().cloned()).collect();
        format!("skip({})", all.join(", "))
    }

    /// Every name must be a parameter, once, and not also be in the key.
    pub(crate) fn check(
        &mut self,
        function: &Function<'_>,
        in_key: &[String],
        errors: &mut Errors,
    ) {
        for (index, ident) in self.names.iter().enumerate() {
            let name = ident.unraw().to_string();
            let span = ident.span();
            if self.names[..index]
                .iter()
                .any(|before| before.unraw() == name)
            {
                let title = format!("`{name}` is given twice in `skip`");
                errors.push(Diag::new(span, title).help("keep one of them"));
            } else if name == "_" {
                if !function
                    .params
                    .iter()
                    .any(|param| param.bindings.is_empty())
                {
                    let title = format!("every parameter of `{}` has a name", function.name());
                    errors.push(Diag::new(span, title).help("leave `_` out of `skip`"));
                }
            } else if name == "self" {
                errors.push(receiver(span));
            } else if function.lookup(&name).is_none() {
                let names = function.names();
                let near = nearest(&name, names.iter().map(String::as_str));
                self.meant.extend(near.map(str::to_owned));
                self.broken |= near.is_none();
                errors.push(unknown(span, &name, function, near));
            } else if in_key.contains(&name) {
                let title = format!("`{name}` is both in the key and in `skip`");
                errors.push(
                    Diag::new(span, title)
                        .help("leave it out of `skip`: the key tells these calls apart"),
                );
            }
        }
    }
}

fn receiver(span: Span) -> Diag {
    Diag::new(span, "`self` needs no `skip`")
        .help("leave it out; only a field that the key names, such as `<self.tenant>`, counts")
}

fn unknown(span: Span, name: &str, function: &Function<'_>, near: Option<&str>) -> Diag {
    let title = format!("`{}` has no parameter `{name}` to skip", function.name());
    let diag = Diag::new(span, title);
    match near {
        Some(near) => diag.help(format!(
            "there is a parameter with a similar name: `{near}`"
        )),
        None => diag.help(
            function
                .moved_pattern_help()
                .unwrap_or("leave it out of `skip`"),
        ),
    }
}
