//! Syntax with spans, no meaning.

pub(crate) mod args;
pub(crate) mod duration;
pub(crate) mod family;
pub(crate) mod item;
pub(crate) mod literal;
pub(crate) mod receiver;
pub(crate) mod source;
pub(crate) mod template;
