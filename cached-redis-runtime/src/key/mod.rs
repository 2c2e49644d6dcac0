//! Keys: what a value looks like inside one, and the finished text.
//!
//! The text is stored data. A change of one character in [`escape`] or [`segment`] is a cold start for
//! every user, so `tests/golden_keys.rs` holds it still.

mod escape;
mod family;
mod foreign;
mod segment;

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};

pub use family::{Constructor, Family, HeldBy, KeyFamily, Loadable};

/// A type whose values can stand in a key template: `"user:<id>"` needs `id: impl CacheKey`.
///
/// Implemented for integers, `bool`, `char`, strings, IP addresses, `Option`, tuples of up to eight parts, arrays, slices,
/// `Vec`, `BTreeSet` and `BTreeMap`, and through references, `Box`, `Rc`, `Arc` and `Cow`. Features of the same names add
/// the types of `uuid`, `chrono`, `time` and `rust_decimal`. Own types derive it.
///
/// # What an implementation promises
///
/// - Equal values write the same text, today and in the next release: other processes read what this one stored.
/// - Different values write different texts: two values with one text share one cache entry.
///
/// That is why some types of the standard library are left out. A float has no one text per value (`0.0 == -0.0`,
/// and a NaN does not even equal itself); a hash map has no order; `Debug` output may hide fields, and may change.
///
/// # Examples
///
/// Transparent for a type around one value:
///
/// ```
/// use cached_redis_runtime::{CacheKey, KeyWriter};
///
/// struct UserId(u64);
///
/// impl CacheKey for UserId {
///     fn write_key(&self, out: &mut KeyWriter<'_>) {
///         out.part(&self.0);
///     }
/// }
/// ```
///
/// Several values belong into a tuple, which keeps them apart:
///
/// ```
/// use cached_redis_runtime::{CacheKey, KeyWriter};
///
/// struct Page {
///     tenant: String,
///     number: u32,
/// }
///
/// impl CacheKey for Page {
///     fn write_key(&self, out: &mut KeyWriter<'_>) {
///         out.tuple(&[&self.tenant, &self.number]);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "named by the key template",
    note = "equal values must always render the same text, so floats, hash maps and `Debug` output are no key parts, while integers and a `BTreeMap` are; derive it with `#[derive(CacheKey)]`, or name one field in the template: `<value.id>`"
)]
pub trait CacheKey {
    /// Writes this value's text. It must write the same text each time.
    fn write_key(&self, out: &mut KeyWriter<'_>);
}

/// A type with a constant name, for the `<T>` of a generic function's key template.
///
/// A `static` inside a generic function is shared by all its instances, so what tells `load::<User>` from
/// `load::<Team>` in the cache is this name.
///
/// # Examples
///
/// ```
/// use cached_redis_runtime::KeyName;
///
/// struct User;
///
/// impl KeyName for User {
///     const KEY_NAME: &'static str = "user";
/// }
///
/// assert_eq!(User::KEY_NAME, "user");
/// assert_eq!(u64::KEY_NAME, "u64");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no name that a cache key could use",
    label = "named by the key template",
    note = "a type parameter in a template needs a constant name: derive it with `#[derive(KeyName)]`"
)]
pub trait KeyName {
    /// The name as it stands in the key, before escaping. Two types that share it share their entries.
    const KEY_NAME: &'static str;
}

/// Receives a value's text, and sees to it that the text cannot be mistaken for another's.
///
/// Whatever is written through it can hold letters, digits and `-._@+%~(),[]` only. A template's own text is what
/// separates the values, so no value can forge a separator, a cluster hash tag or another key.
pub struct KeyWriter<'a> {
    out: &'a mut String,
}

impl<'a> KeyWriter<'a> {
    pub(crate) fn new(out: &'a mut String) -> Self {
        Self { out }
    }

    /// Writes text; outside ASCII letters, digits and `-._@+` each of its bytes becomes `%XX`.
    pub fn text(&mut self, text: &str) {
        escape::push(self.out, text);
    }

    /// Writes another value as it writes itself.
    pub fn part(&mut self, value: &dyn CacheKey) {
        value.write_key(self);
    }

    /// Writes an absent value: `~`.
    pub fn none(&mut self) {
        self.out.push('~');
    }

    /// Writes a present optional value, which stays apart from [`none`](Self::none) also when it is optional itself.
    pub fn some(&mut self, value: &dyn CacheKey) {
        let start = self.out.len();
        value.write_key(self);
        // `Some(None)` would be `~`, and so the same key as `None`. Escaped text never starts with `~`.
        if self.out[start..].starts_with('~') {
            self.out.insert(start, '~');
        }
    }

    /// Writes a fixed number of parts: `(a,b)`.
    pub fn tuple(&mut self, parts: &[&dyn CacheKey]) {
        self.out.push('(');
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            part.write_key(self);
        }
        self.out.push(')');
    }

    /// Writes any number of items in their order: `[a,b]`.
    pub fn list<'v, I>(&mut self, items: I)
    where
        I: IntoIterator<Item = &'v dyn CacheKey>,
    {
        self.out.push('[');
        let start = self.out.len();
        let mut count = 0_usize;
        for item in items {
            if count > 0 {
                self.out.push(',');
            }
            item.write_key(self);
            count += 1;
        }
        // A list of one empty text would look like the empty list. A lone `%` is in no escaped text.
        if count == 1 && self.out.len() == start {
            self.out.push('%');
        }
        self.out.push(']');
    }

    /// Writes text that a `KeyWriter` made earlier, or whose characters are known to need no escape.
    pub(crate) fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn buffer(&mut self) -> &mut String {
        self.out
    }
}

impl fmt::Debug for KeyWriter<'_> {
    // What was written may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyWriter").finish_non_exhaustive()
    }
}

/// A finished key: the exact text under which an entry lies on the server, without the cache's namespace.
///
/// Made by [`key!`](macro@crate::key) from a template that is checked like an attribute's, or by a
/// [`KeyFamily`]. Two keys are equal if
/// their texts are. `Display` gives the text; `Debug` only the template, since the values in a key may be
/// secrets that have no business in a log.
#[derive(Clone)]
pub struct Key {
    text: String,
    template: &'static str,
}

impl Key {
    pub(crate) fn new(template: &'static str, text: String) -> Self {
        Self { text, template }
    }

    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The template that the key was made from.
    #[must_use]
    pub fn template(&self) -> &'static str {
        self.template
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Key {}

impl Hash for Key {
    // As `str` does it, for `Borrow`.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.template).finish()
    }
}

/// Room for one value: a UUID's 36 characters and some escapes.
const SEGMENT: usize = 40;

/// Renders a key: the namespace as it is given (its separator included), then literals and values in turn.
///
/// There is one literal more than there are segments; an expansion guarantees it.
pub(crate) fn render(namespace: &str, literals: &[&str], segments: &[&dyn CacheKey]) -> String {
    debug_assert_eq!(
        literals.len(),
        segments.len() + 1,
        "a literal before, between and after the segments"
    );
    let fixed: usize = literals.iter().map(|literal| literal.len()).sum();
    let mut text = String::with_capacity(namespace.len() + fixed + SEGMENT * segments.len());
    text.push_str(namespace);
    let mut segments = segments.iter();
    for literal in literals {
        text.push_str(literal);
        if let Some(segment) = segments.next() {
            segment.write_key(&mut KeyWriter::new(&mut text));
        }
    }
    text
}

#[cfg(test)]
mod tests;
