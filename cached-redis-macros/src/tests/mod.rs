//! Snapshots of expansions and of messages. `UPDATE_EXPECT=1 cargo test -p cached-redis-macros` blesses them.

mod args;
mod cache_aside;
mod cache_invalidate;
mod derives;
mod docs;
mod entry;
mod function;
mod ide;
mod key_family;
mod value;
mod write_through;

use proc_macro2::{TokenStream, TokenTree};

fn pretty(tokens: TokenStream) -> String {
    let text = tokens.to_string();
    match syn::parse2(tokens) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => format!("{error}\n{text}"),
    }
}

/// The first lines of all messages in an expansion.
fn titles(tokens: TokenStream) -> Vec<String> {
    let mut titles = Vec::new();
    let mut is_message = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => is_message = ident == "compile_error",
            TokenTree::Group(group) if is_message => {
                let message: syn::LitStr = syn::parse2(group.stream()).unwrap();
                titles.extend(message.value().lines().next().map(str::to_owned));
                is_message = false;
            }
            _ => {}
        }
    }
    titles
}
