//! `key_family! { pub UserById(id: UserId) -> User = "user:<id>"; }`: the declarations as they stand there.

use proc_macro2::{Ident, Span, TokenTree};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, FnArg, Generics, Path, ReturnType, Safety, Signature, Token, Visibility,
    parenthesized, token,
};

use super::item::{Body, Item};
use crate::diag::{Diag, Errors};

const EXAMPLE: &str = "pub UserById(id: u64) -> User = \"user:<id>\";";

#[derive(Default)]
pub(crate) struct Declarations {
    pub(crate) krate: Option<Path>,
    pub(crate) families: Vec<Declaration>,
}

pub(crate) struct Declaration {
    /// Name, arguments and value are a function's, so they are read and checked as one.
    pub(crate) item: Item,
    pub(crate) template: Expr,
    pub(crate) one_slot: Option<Ident>,
}

impl Declarations {
    /// Reads all of them: after a mistake, from the next semicolon.
    pub(crate) fn parse(input: ParseStream<'_>, errors: &mut Errors) -> Self {
        let mut declarations = Self::default();
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            match krate(input) {
                Ok(path) => declarations.krate = Some(path),
                Err(error) => {
                    let title = format!("`crate` takes a path: {error}");
                    let help = "write `crate = ::cached_redis_runtime;`";
                    errors.push(Diag::new(error.span(), title).help(help));
                    skip_declaration(input);
                }
            }
        }
        while !input.is_empty() {
            match Declaration::parse(input) {
                Ok(declaration) => declarations.families.push(declaration),
                Err(diag) => {
                    errors.push(diag);
                    skip_declaration(input);
                }
            }
        }
        declarations
    }
}

fn krate(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    let path = input.call(Path::parse_mod_style)?;
    input.parse::<Token![;]>()?;
    Ok(path)
}

impl Declaration {
    fn parse(input: ParseStream<'_>) -> Result<Self, Diag> {
        let attrs = input
            .call(Attribute::parse_outer)
            .map_err(|error| syntax(&error))?;
        let vis = input
            .parse::<Visibility>()
            .map_err(|error| syntax(&error))?;
        let ident: Ident = input.parse().map_err(|error| {
            Diag::new(error.span(), "expected the name of a key family")
                .help(format!("write `{EXAMPLE}`"))
        })?;
        let sig = signature(input, ident)?;
        let ident = &sig.ident;
        if !input.peek(Token![=]) {
            let title = format!("`{ident}` has no template");
            let help = "say what its keys look like: `= \"user:<id>\"`";
            return Err(Diag::new(ident.span(), title).help(help));
        }
        input.parse::<Token![=]>().map_err(|error| syntax(&error))?;
        let template = input.parse().map_err(|error| syntax(&error))?;
        let one_slot = one_slot(input)?;
        // The last one needs no semicolon.
        let semi = if input.is_empty() {
            Token![;](Span::call_site())
        } else {
            input.parse().map_err(|error: syn::Error| {
                Diag::new(error.span(), "expected `;`")
                    .help("put a semicolon between two key families")
            })?
        };
        let item = Item {
            attrs,
            vis,
            defaultness: None,
            sig,
            body: Body::Missing(semi),
        };
        Ok(Self {
            item,
            template,
            one_slot,
        })
    }
}

/// `UserById(id: UserId) -> User`
fn signature(input: ParseStream<'_>, ident: Ident) -> Result<Signature, Diag> {
    if input.peek(Token![<]) {
        let title = format!("a key family has no generic parameters, and `{ident}` has some");
        return Err(Diag::new(input.span(), title)
            .help("declare one family for each type; the lifetimes of arguments are left out"));
    }
    if !input.peek(token::Paren) {
        let title = format!("`{ident}` does not say what tells its entries apart");
        return Err(Diag::new(ident.span(), title).help(format!(
            "write `{ident}(id: u64)`, or `{ident}()` for a family of one entry"
        )));
    }
    let (paren_token, inputs) = arguments(input).map_err(|error| {
        let title = format!("an argument of a key family is a name and a type: {error}");
        Diag::new(error.span(), title).help("write `id: u64`")
    })?;
    if !input.peek(Token![->]) {
        let title = format!("`{ident}` does not say what its entries hold");
        return Err(Diag::new(ident.span(), title).help("add the type of the value: `-> User`"));
    }
    let output: ReturnType = input.parse().map_err(|error| syntax(&error))?;
    Ok(Signature {
        constness: None,
        asyncness: None,
        safety: Safety::Default,
        abi: None,
        fn_token: Token![fn](ident.span()),
        ident,
        generics: Generics::default(),
        paren_token,
        inputs,
        variadic: None,
        output,
    })
}

fn arguments(input: ParseStream<'_>) -> syn::Result<(token::Paren, Punctuated<FnArg, Token![,]>)> {
    let inputs;
    let paren = parenthesized!(inputs in input);
    Ok((paren, Punctuated::parse_terminated(&inputs)?))
}

fn one_slot(input: ParseStream<'_>) -> Result<Option<Ident>, Diag> {
    if !input.peek(Token![,]) {
        return Ok(None);
    }
    input.parse::<Token![,]>().map_err(|error| syntax(&error))?;
    let flag: Ident = input.parse().map_err(|error| syntax(&error))?;
    if flag == "one_slot" {
        return Ok(Some(flag));
    }
    let title = format!("a key family has no argument `{flag}`");
    Err(Diag::new(flag.span(), title).help("what may follow the template is `one_slot`"))
}

fn syntax(error: &syn::Error) -> Diag {
    Diag::new(
        error.span(),
        format!("cannot read this key family: {error}"),
    )
    .help(format!("write `{EXAMPLE}`"))
}

fn skip_declaration(input: ParseStream<'_>) {
    while !input.is_empty() {
        let semi = input.peek(Token![;]);
        if input.parse::<TokenTree>().is_err() || semi {
            return;
        }
    }
}
