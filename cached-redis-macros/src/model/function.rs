//! The annotated function: what a key can name, and what it returns.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Pat, PatType, Path, PathArguments,
    PathSegment, ReturnType, Type, TypeParamBound,
};

use crate::parse::item::Item;

/// How the function is asynchronous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `async fn`
    Async,
    /// `fn … -> Pin<Box<dyn Future<Output = T>>>`: what `#[async_trait]` leaves, or `BoxFuture<'_, T>`.
    Pinned,
    /// `fn … -> impl Future<Output = T>`
    Opaque,
    /// None of these.
    Blocking,
}

pub(crate) struct Function<'a> {
    pub(crate) item: &'a Item,
    pub(crate) params: Vec<Param<'a>>,
    pub(crate) shape: Shape,
    /// What the future resolves to; `None` for `()` left out.
    pub(crate) output: Option<&'a Type>,
}

/// A parameter other than `self`.
pub(crate) struct Param<'a> {
    pub(crate) pat: &'a Pat,
    pub(crate) ty: &'a Type,
    /// Its `#[cfg(…)]`s: what the key takes from it must come and go with it.
    pub(crate) cfgs: Vec<&'a Attribute>,
    /// Its `#[allow(…)]`, `#[expect(…)]`, `#[warn(…)]` and `#[deny(…)]`.
    pub(crate) lints: Vec<&'a Attribute>,
    /// Every name its pattern binds.
    pub(crate) bindings: Vec<&'a Ident>,
}

/// What the first name of a placeholder stands for.
pub(crate) enum Root<'a> {
    Receiver(&'a syn::Receiver),
    /// More than one only when `#[cfg]` chooses between them.
    Params(Vec<(&'a Param<'a>, &'a Ident)>),
    Type(&'a Ident),
    Const(&'a syn::ConstParam),
}

impl<'a> Function<'a> {
    pub(crate) fn of(item: &'a Item) -> Self {
        let sig = &item.sig;
        let params = sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(Param::of(typed)),
            FnArg::Receiver(_) => None,
        });
        let returned = match &sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(&**ty),
        };
        let (shape, output) = match returned {
            returned if sig.asyncness.is_some() => (Shape::Async, returned),
            Some(ty) => future(ty).unwrap_or((Shape::Blocking, Some(ty))),
            None => (Shape::Blocking, None),
        };
        Self {
            item,
            params: params.collect(),
            shape,
            output: output.filter(|ty| !is_unit(ty)),
        }
    }

    pub(crate) fn name(&self) -> String {
        self.item.sig.ident.unraw().to_string()
    }

    /// Where the attribute itself is, for what is missing in it. The function's name lends its context: a span of
    /// the expansion would bring rustc's note that "this error originates in the attribute macro".
    pub(crate) fn attribute_span(&self) -> Span {
        let name = self.item.sig.ident.span();
        name.located_at(Span::call_site())
    }

    /// What to do about a name that `#[async_trait]` has taken into the body; `None` if it has taken none.
    pub(crate) fn moved_pattern_help(&self) -> Option<&'static str> {
        let moved = self.params.iter().any(Param::is_moved_pattern);
        moved.then_some("`#[async_trait]` has moved this parameter's pattern into the body: give the parameter one name, and write `<name.0>` or `<name.field>`")
    }

    /// Whether a parameter is an open database transaction: `&mut sqlx::Transaction<'_, Sqlite>`, `&DatabaseTransaction`.
    pub(crate) fn takes_transaction(&self) -> bool {
        self.params.iter().any(|param| is_transaction(param.ty))
    }

    pub(crate) fn lookup(&self, name: &str) -> Option<Root<'_>> {
        if name == "self" {
            return self.item.sig.receiver().map(Root::Receiver);
        }
        let params: Vec<_> = self
            .params
            .iter()
            .filter_map(|param| Some((param, param.binding(name)?)))
            .collect();
        if !params.is_empty() {
            return Some(Root::Params(params));
        }
        self.item.sig.generics.params.iter().find_map(|param| {
            let root = match param {
                GenericParam::Type(param) => (&param.ident, Root::Type(&param.ident)),
                GenericParam::Const(param) => (&param.ident, Root::Const(param)),
                GenericParam::Lifetime(_) => return None,
            };
            (root.0.unraw() == name).then_some(root.1)
        })
    }

    /// Everything but `self` that a placeholder can begin with, as it is written there.
    pub(crate) fn names(&self) -> Vec<String> {
        let params = self.params.iter().filter(|param| !param.is_moved_pattern());
        let bindings = params.flat_map(|param| &param.bindings);
        let generics = self.item.sig.generics.params.iter();
        let generics = generics.filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        });
        let mut names: Vec<String> = Vec::new();
        for ident in bindings.copied().chain(generics) {
            let name = ident.unraw().to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl<'a> Param<'a> {
    fn of(typed: &'a PatType) -> Self {
        let mut bindings = Vec::new();
        collect_bindings(&typed.pat, true, &mut bindings);
        let cfgs = typed.attrs.iter();
        Self {
            pat: &typed.pat,
            ty: &typed.ty,
            cfgs: cfgs.filter(|attr| attr.path().is_ident("cfg")).collect(),
            lints: typed.attrs.iter().filter(|attr| is_lint(attr)).collect(),
            bindings,
        }
    }

    pub(crate) fn binding(&self, name: &str) -> Option<&'a Ident> {
        let mut bindings = self.bindings.iter();
        bindings.find(|ident| ident.unraw() == name).copied()
    }

    /// Whether `#[async_trait]` was here first: it takes a pattern into the body and calls the parameter `__arg1`.
    pub(crate) fn is_moved_pattern(&self) -> bool {
        match self.pat {
            Pat::Ident(pat) => {
                let name = pat.ident.to_string();
                let number = name.strip_prefix("__arg");
                number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            }
            _ => false,
        }
    }

    /// The type of `name`, when the parameter is nothing but that name and its type can be repeated.
    pub(crate) fn plain_type(&self) -> Option<&'a Type> {
        match self.pat {
            Pat::Ident(pat) if pat.subpat.is_none() && pat.by_ref.is_none() => {
                (!mentions(self.ty, "impl")).then_some(self.ty)
            }
            _ => None,
        }
    }
}

/// Whether it sets the level of a lint.
pub(crate) fn is_lint(attr: &Attribute) -> bool {
    let levels = ["allow", "expect", "warn", "deny"];
    levels.iter().any(|level| attr.path().is_ident(level))
}

/// Whether the token `word` occurs anywhere in `tokens`.
pub(crate) fn mentions(tokens: &impl ToTokens, word: &str) -> bool {
    fn search(tokens: TokenStream, word: &str) -> bool {
        let mut after_quote = false;
        tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => search(group.stream(), word),
            TokenTree::Ident(ident) => {
                // `'a` is a quote and an identifier, and names no type.
                !std::mem::take(&mut after_quote) && ident.unraw() == word
            }
            TokenTree::Punct(punct) => {
                after_quote = punct.as_char() == '\'';
                false
            }
            TokenTree::Literal(_) => false,
        })
    }
    search(tokens.to_token_stream(), word)
}

/// Whether any reference is written in `ty`.
pub(crate) fn mentions_borrow(ty: &Type) -> bool {
    fn search(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Punct(punct) => punct.as_char() == '&',
            TokenTree::Group(group) => search(group.stream()),
            _ => false,
        })
    }
    search(ty.to_token_stream())
}

fn collect_bindings<'a>(pat: &'a Pat, outermost: bool, names: &mut Vec<&'a Ident>) {
    let mut all = |pats: &mut dyn Iterator<Item = &'a Pat>| {
        for pat in pats {
            collect_bindings(pat, false, names);
        }
    };
    match pat {
        Pat::Ident(pat) => {
            // Inside a pattern a capital means a constant or a unit variant: `None`, `ORIGIN`.
            let constant = pat.ident.to_string().starts_with(char::is_uppercase);
            if outermost || pat.subpat.is_some() || !constant {
                names.push(&pat.ident);
            }
            if let Some((_, inner)) = &pat.subpat {
                collect_bindings(inner, false, names);
            }
        }
        Pat::Or(pat) => all(&mut pat.cases.iter()),
        Pat::Paren(pat) => collect_bindings(&pat.pat, outermost, names),
        Pat::Reference(pat) => all(&mut std::iter::once(&*pat.pat)),
        Pat::Slice(pat) => all(&mut pat.elems.iter()),
        Pat::Struct(pat) => all(&mut pat.fields.iter().map(|field| &*field.pat)),
        Pat::Tuple(pat) => all(&mut pat.elems.iter()),
        Pat::TupleStruct(pat) => all(&mut pat.elems.iter()),
        Pat::Type(pat) => all(&mut std::iter::once(&*pat.pat)),
        _ => {}
    }
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    match ungroup(ty) {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        _ => false,
    }
}

pub(crate) fn ungroup(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            other => return other,
        };
    }
}

/// What a function that is not `async` resolves to, when its return type is a future we know how to wrap.
fn future(ty: &Type) -> Option<(Shape, Option<&Type>)> {
    match ungroup(ty) {
        Type::ImplTrait(opaque) => {
            let output = opaque.bounds.iter().find_map(future_output)?;
            Some((Shape::Opaque, Some(output)))
        }
        Type::Path(path) if is_last(&path.path, &["BoxFuture", "LocalBoxFuture"]) => {
            Some((Shape::Pinned, Some(last_type(&path.path)?)))
        }
        Type::Path(path) if is_last(&path.path, &["Pin"]) => {
            let Type::Path(boxed) = ungroup(last_type(&path.path)?) else {
                return None;
            };
            let Type::TraitObject(object) = ungroup(last_type(&boxed.path)?) else {
                return None;
            };
            let output = object.bounds.iter().find_map(future_output)?;
            is_last(&boxed.path, &["Box"]).then_some((Shape::Pinned, Some(output)))
        }
        _ => None,
    }
}

fn is_last(path: &Path, names: &[&str]) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// `T` of `Name<'a, T>`.
fn last_type(path: &Path) -> Option<&Type> {
    let PathArguments::AngleBracketed(args) = &path.segments.last()?.arguments else {
        return None;
    };
    args.args.iter().rev().find_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn is_transaction(ty: &Type) -> bool {
    match ungroup(ty) {
        Type::Reference(reference) => is_transaction(&reference.elem),
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident.to_string().ends_with("Transaction")),
        _ => false,
    }
}

/// `T` of `Future<Output = T>`.
fn future_output(bound: &TypeParamBound) -> Option<&Type> {
    let TypeParamBound::Trait(bound) = bound else {
        return None;
    };
    let last = bound.path.segments.last()?;
    let PathArguments::AngleBracketed(args) = &last.arguments else {
        return None;
    };
    args.args.iter().find_map(|arg| match arg {
        GenericArgument::AssocType(assoc) if last.ident == "Future" && assoc.ident == "Output" => {
            Some(&assoc.ty)
        }
        _ => None,
    })
}

pub(crate) fn first_type(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(args) = &segment.arguments else {
        return None;
    };
    args.args.iter().find_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
