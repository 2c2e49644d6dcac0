//! What an editor needs to complete the arguments of an attribute and to explain the one under the mouse. rustc never sees it.

use std::env;
use std::sync::LazyLock;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::{Expr, Path};

use crate::parse::args::{Args, Grammar, Spec};
use crate::parse::item::{Body, Item};
use crate::parse::literal::ungroup;
use crate::rt::Rt;

/// Whether rust-analyzer runs the macro, in a process of that name. `#[cfg(rust_analyzer)]` in the output would tell as well,
/// but then each expansion of each build would carry what is behind it.
pub(crate) fn is_listening() -> bool {
    static IS_LISTENING: LazyLock<bool> = LazyLock::new(|| {
        let program = env::current_exe().ok();
        let name = program.as_ref().and_then(|program| program.file_name());
        name.is_some_and(|name| name.to_string_lossy().contains("rust-analyzer"))
    });
    cfg!(rust_analyzer) || *IS_LISTENING
}

/// Gives each name between the parentheses a meaning: that of an import, where the editor offers what the module has.
/// It stands in the body, because an `impl` has no place for it.
// Output:
//     const _: () = { use __rt::ide::cache_aside::{key as _, tt as _}; };
pub(crate) fn complete(item: &mut Item, args: &Args, grammar: &Grammar) {
    let Body::Block { tokens, .. } = &mut item.body else {
        return;
    };
    let rt = Rt::new(runtime(args), Span::mixed_site());
    let attribute = format_ident!("{}", grammar.attribute);
    let names = args.typed().iter().filter(|name| is_importable(name));
    *tokens = quote! {
        const _: () = {
            #[allow(unused_imports, reason = "it is for completion")]
            use #rt::ide::#attribute::{#(#names as _),*};
        };
        #tokens
    };
}

fn runtime(args: &Args) -> Option<&Path> {
    match ungroup(args.peek("crate")?) {
        Expr::Path(path) => Some(&path.path),
        _ => None,
    }
}

/// A keyword such as `crate` is no name in an import.
fn is_importable(name: &Ident) -> bool {
    syn::parse2::<Ident>(name.to_token_stream()).is_ok()
}

/// The modules that [`complete`] imports from.
// Output:
//     pub mod cache_aside {
//         /// How long an entry lives. …
//         pub const ttl: () = ();
//     }
pub(crate) fn modules(grammars: &[&Grammar]) -> TokenStream {
    let modules = grammars.iter().map(|grammar| {
        let attribute = format_ident!("{}", grammar.attribute);
        let arguments = grammar.args.iter().filter_map(|spec| {
            // `crate` is no name of a constant.
            let name: Ident = syn::parse_str(spec.name).ok()?;
            let doc = explanation(spec, grammar.attribute);
            Some(quote!(#[doc = #doc] pub const #name: () = ();))
        });
        quote!(pub mod #attribute { #(#arguments)* })
    });
    quote!(#(#modules)*)
}

pub(crate) fn explanation(spec: &Spec, attribute: &str) -> String {
    let Spec {
        name,
        example,
        value,
        default,
        meaning,
        ..
    } = spec;
    let page = page(name);
    format!(
        "{meaning}\n\n\
         - takes: {value}\n\
         - default: {default}\n\n\
         ```text\n#[{attribute}({example}, …)]\n```\n\n\
         [More]({page})"
    )
}

/// Where the guide has the argument.
pub(crate) fn page(name: &str) -> String {
    let guide = "https://docs.rs/cached-redis-runtime/latest/cached_redis_runtime/guide";
    format!("{guide}/arguments/{}/index.html", module(name))
}

/// A keyword is no name of a module.
pub(crate) fn module(name: &str) -> String {
    match syn::parse_str::<Ident>(name) {
        Ok(_) => name.to_owned(),
        Err(_) => format!("{name}_"),
    }
}
