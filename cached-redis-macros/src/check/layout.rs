//! `layout` and `field`: how an entry is kept, what that rules out, and the one field that a write changes.

use proc_macro2::Ident;
use syn::{Expr, Member, Path};

use crate::diag::{Diag, Errors};
use crate::model::layout::{Field, Layout};
use crate::model::policy::Codec;
use crate::parse::args::{Args, Given};
use crate::parse::literal::{Text, ungroup};

const NAMES: [&str; 2] = ["hash", "string"];

/// How entries are kept; `None` after a message. Asked before the arguments that it rules out are.
pub(crate) fn check(args: &mut Args, errors: &mut Errors) -> Option<Layout> {
    let Some(given) = args.expr("layout") else {
        return args.lacks("layout").then_some(Layout::String);
    };
    match named(&given) {
        Ok(name) if name == "hash" => {
            excludes(&given, args, errors);
            Some(Layout::Hash)
        }
        Ok(_) => Some(Layout::String),
        Err(diag) => {
            errors.push(diag);
            None
        }
    }
}

fn named(given: &Given<Expr>) -> Result<String, Diag> {
    let (word, quoted) = match ungroup(&given.value) {
        Expr::Path(path) => (path.path.get_ident().map(ToString::to_string), false),
        other => (Text::of(other).map(|text| text.value().to_owned()), true),
    };
    let known = word.as_deref().is_some_and(|word| NAMES.contains(&word));
    let diag = |title: String| Diag::over(&given.value, title);
    match word {
        Some(word) if known && !quoted => Ok(word),
        Some(word) if known => Err(diag("`layout` takes a name, not a string".to_owned())
            .help(format!("write `layout = {word}`"))),
        Some(word) => Err(diag(format!("there is no layout `{word}`"))
            .help("write `layout = hash`, or leave it out for one string per entry")),
        None => Err(diag("`layout` takes the name of a layout".to_owned())
            .help("write `layout = hash`, or leave it out for one string per entry")),
    }
}

/// What an entry by field does not have.
fn excludes(layout: &Given<Expr>, args: &Args, errors: &mut Errors) {
    if args.has("each") {
        let title = "with `each` all entries are read by one command, and there is none for hashes";
        errors.push(Diag::over(&layout.value, title).help("leave `layout` out, or `each`"));
    }
    let timed = ["stale", "refresh_ahead", "early", "soft_timeout", "sliding"];
    if let Some(name) = timed.into_iter().find(|name| args.has(name)) {
        let title = format!("an entry with `layout = hash` lives for its ttl, without `{name}`");
        errors.push(
            Diag::over(&layout.value, title).help(format!("leave `layout` out, or `{name}`")),
        );
    }
    if let Some(codec) = args.peek("codec")
        && let Expr::Path(path) = ungroup(codec)
        && let Some(codec) = path.path.get_ident()
        && [Codec::Postcard, Codec::Bincode]
            .iter()
            .any(|one| codec == one.name())
    {
        let title =
            format!("`{codec}` has no names for fields, by which `layout = hash` keeps them");
        errors.push(
            Diag::new(codec.span(), title)
                .help("write `codec = json`, or leave it out for `msgpack`"),
        );
    }
}

/// The one field that a write changes; `None` also after a message. `layout` is what [`check`] said.
pub(crate) fn field(args: &mut Args, layout: Option<Layout>, errors: &mut Errors) -> Option<Field> {
    let given = args.expr("field")?;
    if layout == Some(Layout::String) {
        let title = "`field` is for entries that are kept by field";
        errors.push(Diag::new(given.name.span(), title).help("write `layout = hash` as well"));
    }
    if args.lacks("value") {
        let title = "what the field is to hold is not said";
        errors.push(Diag::new(given.name.span(), title).help("add `value = …`"));
    }
    whole_entry(args, errors);
    parse(&given).map_err(|diag| errors.push(diag)).ok()
}

/// What is about making an entry.
fn whole_entry(args: &mut Args, errors: &mut Errors) {
    for name in ["ttl", "none_ttl", "jitter", "unless"] {
        if let Some(Given { name, .. }) = args.expr(name) {
            errors.push(kept(&name));
        }
    }
    if let Some(Given { name, .. }) = args.list("tags") {
        errors.push(kept(&name));
    }
}

fn kept(name: &Ident) -> Diag {
    let title = format!(
        "a write of one `field` leaves the entry as it is, with the `{name}` it was stored with"
    );
    Diag::new(name.span(), title).help(format!("leave `{name}` out"))
}

fn parse(given: &Given<Expr>) -> Result<Field, Diag> {
    if let Expr::Field(field) = ungroup(&given.value)
        && let Expr::Path(path) = ungroup(&field.base)
        && let (None, Member::Named(name)) = (&path.qself, &field.member)
        && is_type(&path.path)
    {
        return Ok(Field {
            whole: path.path.clone(),
            name: name.clone(),
        });
    }
    let title = "`field` takes a type and the name of one of its fields";
    Err(Diag::over(&given.value, title).help("write `field = User.name`"))
}

/// `user.name` is no field of a type.
fn is_type(path: &Path) -> bool {
    let last = path.segments.last().map(|last| last.ident.to_string());
    last.is_some_and(|name| name.starts_with(char::is_uppercase))
}
