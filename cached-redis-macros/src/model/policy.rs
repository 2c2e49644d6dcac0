//! The small choices around a cached function.

use syn::{Expr, Path};

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    MessagePack,
    Json,
    Postcard,
    Bincode,
}

impl Codec {
    pub(crate) const ALL: [Self; 4] =
        [Self::MessagePack, Self::Json, Self::Postcard, Self::Bincode];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::MessagePack => "msgpack",
            Self::Json => "json",
            Self::Postcard => "postcard",
            Self::Bincode => "bincode",
        }
    }
}

/// What a reader and a writer have in common: which cache, whether to use it, where the runtime lives.
#[derive(Default)]
pub(crate) struct Policy {
    pub(crate) when: Option<Expr>,
    pub(crate) cache: Option<Expr>,
    pub(crate) krate: Option<Path>,
}
