//! The fingerprint in the header: which bytes a function may take for its own.
//!
//! It covers the envelope's version, the format, the function's `version` and the type. A type counts by its name
//! without the modules, so that moving it keeps the entries. For the positional formats its layout counts too, since nothing
//! in their bytes would tell that two fields have changed places.

use std::any::type_name;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use super::Format;

/// Goes up when the payload comes to mean something else in all formats.
const ENVELOPE_VERSION: u8 = 1;

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): no crate for it, and the same on every machine.
#[derive(Clone, Copy)]
pub(super) struct Fnv(u64);

impl Fnv {
    pub(super) const fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    #[must_use]
    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        }))
    }

    /// A text and its end: `ab`, `c` is not `a`, `bc`.
    #[must_use]
    pub(super) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes()).bytes(&[0xFF])
    }

    pub(super) const fn finish(self) -> u64 {
        self.0
    }
}

/// The tag of `T`, which is read as an `R`: `str` as a `Box<str>`, for example.
pub(crate) fn fingerprint<T: ?Sized, R: DeserializeOwned>(format: Format, version: u32) -> u64 {
    let hash = Fnv::new()
        .bytes(&[ENVELOPE_VERSION, format.id()])
        .bytes(&version.to_be_bytes())
        .text(&without_modules(type_name::<T>()));
    match layout::<R>(format) {
        Some(layout) => hash.bytes(&layout.to_be_bytes()).finish(),
        None => hash.finish(),
    }
}

#[cfg(any(feature = "postcard", feature = "bincode"))]
fn layout<R: DeserializeOwned>(format: Format) -> Option<u64> {
    format.is_positional().then(super::layout::of::<R>)
}

#[cfg(not(any(feature = "postcard", feature = "bincode")))]
#[expect(
    clippy::extra_unused_type_parameters,
    reason = "only a positional format asks for the layout"
)]
fn layout<R: DeserializeOwned>(_: Format) -> Option<u64> {
    None
}

/// Cuts each path in a type's name to its last part: `alloc::vec::Vec<app::User>` to `Vec<User>`.
fn without_modules(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    // Where the path that is being read began, and the same for each angle bracket around it.
    let mut path = 0;
    let mut around = Vec::new();
    let mut chars = name.chars().peekable();
    let mut before = ' ';
    while let Some(ch) = chars.next() {
        match ch {
            ':' if chars.peek() == Some(&':') => {
                chars.next();
                out.truncate(path);
            }
            '<' => {
                around.push(path);
                out.push(ch);
                path = out.len();
            }
            // Not the arrow of `fn() -> T`.
            '>' if before != '-' => {
                out.push(ch);
                path = around.pop().unwrap_or(out.len());
            }
            // What a path consists of; the braces are those of `{{closure}}`.
            '_' | '{' | '}' | '#' | '\'' => out.push(ch),
            _ if ch.is_alphanumeric() => out.push(ch),
            _ => {
                out.push(ch);
                path = out.len();
            }
        }
        before = ch;
    }
    out
}

/// A function's tags, each computed once.
///
/// A `static` in a generic function serves all its instances, so one function may have several: a list that only
/// grows, with one link for each type that passed.
#[derive(Debug, Default)]
pub(crate) struct Tags(OnceLock<Box<Link>>);

#[derive(Debug)]
struct Link {
    of: Identity,
    tag: u64,
    next: Tags,
}

/// The names are compared by address: the compiler may keep one name in two places, which costs a second link.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct Identity {
    name: (usize, usize),
    read: (usize, usize),
    format: Format,
    version: u32,
}

fn address(name: &'static str) -> (usize, usize) {
    (name.as_ptr().addr(), name.len())
}

impl Tags {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// [`fingerprint`], looked up.
    pub(crate) fn get<T: ?Sized, R: DeserializeOwned>(&self, format: Format, version: u32) -> u64 {
        let of = Identity {
            name: address(type_name::<T>()),
            read: address(type_name::<R>()),
            format,
            version,
        };
        self.find(of, fingerprint::<T, R>)
    }

    fn find(&self, of: Identity, compute: fn(Format, u32) -> u64) -> u64 {
        let mut here = self;
        loop {
            // Two threads may come first with two types: one of them goes on to the next link.
            let link = here.0.get_or_init(|| {
                Box::new(Link {
                    of,
                    tag: compute(of.format, of.version),
                    next: Self::new(),
                })
            });
            if link.of == of {
                return link.tag;
            }
            here = &link.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::{Fnv, Tags, fingerprint, without_modules};
    use crate::codec::Format;

    mod here {
        #[derive(serde::Deserialize)]
        pub(super) struct User {
            _id: u64,
        }
    }

    mod there {
        #[derive(serde::Deserialize)]
        pub(super) struct User {
            _id: u64,
        }
    }

    #[derive(Deserialize)]
    struct Team {
        _id: u64,
    }

    /// From the algorithm's own test suite (<http://www.isthe.com/chongo/tech/comp/fnv/>).
    #[test]
    fn fnv_as_published() {
        assert_eq!(Fnv::new().bytes(b"").finish(), 0xCBF2_9CE4_8422_2325);
        assert_eq!(Fnv::new().bytes(b"a").finish(), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(Fnv::new().bytes(b"foobar").finish(), 0x8594_4171_F739_67E8);
    }

    #[test]
    fn names_lose_their_modules() {
        let cases = [
            ("u64", "u64"),
            ("alloc::vec::Vec<app::users::User>", "Vec<User>"),
            (
                "core::option::Option<(app::A, &a::b::C)>",
                "Option<(A, &C)>",
            ),
            (
                "std::collections::hash::map::HashMap<alloc::string::String, [a::B; 3]>",
                "HashMap<String, [B; 3]>",
            ),
            ("app::find::{{closure}}::Local", "Local"),
            ("<app::Repo as app::Find>::find::Local<a::B>", "Local<B>"),
            ("a::F<fn(b::C) -> d::E, f::G>::H<i::J>", "H<J>"),
            ("dyn a::B + core::marker::Send", "dyn B + Send"),
            ("::::<<>>>::x::<", "<<>>><"),
        ];
        for (name, expected) in cases {
            assert_eq!(without_modules(name), expected, "{name}");
        }
    }

    fn one<T: DeserializeOwned>(format: Format, version: u32) -> u64 {
        fingerprint::<T, T>(format, version)
    }

    /// Computed by hand from the words of this module's documentation.
    #[test]
    fn a_tag_byte_for_byte() {
        assert_eq!(
            one::<Vec<Team>>(Format::MessagePack, 1),
            0x4996_E9C1_F551_07E4
        );
        #[cfg(feature = "postcard")]
        assert_eq!(one::<Vec<Team>>(Format::Postcard, 1), 0x7388_8AAF_7ABF_5526);
    }

    #[test]
    fn a_tag_tells_type_format_and_version_apart_but_not_modules() {
        let tag = one::<here::User>(Format::MessagePack, 1);
        assert_eq!(tag, one::<there::User>(Format::MessagePack, 1));
        assert_ne!(tag, one::<Team>(Format::MessagePack, 1));
        assert_ne!(tag, one::<Option<here::User>>(Format::MessagePack, 1));
        assert_ne!(tag, one::<here::User>(Format::MessagePack, 2));
        #[cfg(feature = "json")]
        assert_ne!(tag, one::<here::User>(Format::Json, 1));
    }

    #[test]
    fn one_function_may_have_several_tags() {
        static TAGS: Tags = Tags::new();
        for _ in 0..3 {
            let tag = |version| TAGS.get::<Team, Team>(Format::MessagePack, version);
            assert_eq!(tag(1), one::<Team>(Format::MessagePack, 1));
            assert_eq!(tag(2), one::<Team>(Format::MessagePack, 2));
            assert_eq!(
                TAGS.get::<str, Box<str>>(Format::MessagePack, 1),
                fingerprint::<str, Box<str>>(Format::MessagePack, 1)
            );
        }
    }
}
