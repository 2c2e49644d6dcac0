//! One annotated function, as the catalogue's users see it.

use core::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::pattern::Pattern;
use super::registration::{Attribute, Registration};
use crate::codec::Format;

/// One attribute above one function, one [`ReadThrough`](crate::ReadThrough), or one of the [`structures`](crate::structures).
///
/// `Display` gives attribute, path and place in one line. `Serialize` writes `function`, `attribute`, `templates`, `tags`
/// where there are any, and, unless it is an invalidation, `value`, `ttl`, `none_ttl`, `format` (null for the cache's own) and `version`;
/// what is left out changes without a change of the keys.
#[derive(Clone, Copy)]
pub struct Entry(&'static Registration);

impl Entry {
    pub(super) fn new(registration: &'static Registration) -> Self {
        Self(registration)
    }

    /// The function's module and name: `"shop::products::find"`. A method's type is not part of it. Of a
    /// [`ReadThrough`](crate::ReadThrough) it is the family's, of a structure its template.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.0.site.path()
    }

    /// The source file that the attribute, the call of `read_through` or that of a structure's `new` is in, as `file!()` gives it.
    #[must_use]
    pub fn file(self) -> &'static str {
        self.0.file
    }

    /// The line of the attribute.
    #[must_use]
    pub fn line(self) -> u32 {
        self.0.line
    }

    /// The attribute.
    #[must_use]
    pub fn attribute(self) -> Attribute {
        self.0.attribute
    }

    /// The templates of the tags as they are written: those of its entries, or those that an invalidation is for.
    #[must_use]
    pub fn tags(self) -> &'static [&'static str] {
        self.0.tags
    }

    /// The key templates as they are written: any number for an invalidation, otherwise one.
    #[must_use]
    pub fn templates(self) -> &'static [&'static str] {
        match self.0.attribute {
            Attribute::CacheInvalidate => self.0.templates,
            _ => core::slice::from_ref(self.0.site.template()),
        }
    }

    /// The value's type as it is written, without what `Result`, `Option` and `Arc` say around it. `None` for an
    /// invalidation, and for a `value` of another type than the attribute can see. Of a ranking it is the type of its members, of a feed that of
    /// its items; other structures have none.
    #[must_use]
    pub fn value_type(self) -> Option<&'static str> {
        self.0.value
    }

    /// How long a value lives: `"1h30m"`, `"forever"`, `"per value"`, or a constant as it is written; of a structure that is given many lives
    /// `"varies"`. `None` for an invalidation.
    #[must_use]
    pub fn ttl(self) -> Option<&'static str> {
        self.0.ttl
    }

    /// How long a "not found" lives, if it is stored.
    #[must_use]
    pub fn none_ttl(self) -> Option<&'static str> {
        self.0.none_ttl
    }

    /// The format if the attribute names one, otherwise `None`: it is the cache's. `None` for a structure.
    #[must_use]
    pub fn format(self) -> Option<Format> {
        self.0.site.format_if_named()
    }

    /// The version of the value's meaning. `None` for an invalidation and for a structure.
    #[must_use]
    pub fn version(self) -> Option<u32> {
        let has_one = self.makes_entries() && !self.is_structure();
        has_one.then(|| self.0.site.version_number())
    }

    /// Whether its entries are kept by field (`layout = hash`).
    #[must_use]
    pub fn is_by_field(self) -> bool {
        self.0.site.is_by_field()
    }

    /// A write of one field has no `ttl`: the entry keeps the one that it has.
    pub(super) fn writes_one_field(self) -> bool {
        let writes = self.0.attribute == Attribute::WriteThrough;
        writes && self.is_by_field() && self.ttl().is_none()
    }

    /// Whether what it stores must agree with what others store under the same key.
    pub(super) fn makes_entries(self) -> bool {
        self.0.attribute != Attribute::CacheInvalidate
    }

    pub(super) fn is_reader(self) -> bool {
        matches!(
            self.0.attribute,
            Attribute::CacheAside | Attribute::ReadThrough
        ) || self.is_structure()
    }

    /// Not an entry with a value, but something of another type of Redis.
    pub(super) fn is_structure(self) -> bool {
        matches!(
            self.0.attribute,
            Attribute::Ranking
                | Attribute::Feed
                | Attribute::Counter
                | Attribute::Uniques
                | Attribute::RateLimit
        )
    }

    /// What is under its keys, in a word: others under them must have the same.
    pub(super) fn layout(self) -> &'static str {
        match self.0.attribute {
            attribute if self.is_structure() => attribute.name(),
            _ if self.is_by_field() => "layout = hash",
            _ => "layout = string",
        }
    }

    pub(super) fn comparable_type(self) -> Option<&'static str> {
        self.0.comparable
    }

    /// What the keys of a reader look like.
    pub(super) fn pattern(self) -> Pattern {
        Pattern::new(self.0.site.template(), self.0.integers)
    }

    /// Two readers with one of these certainly share a cache: the installed one, or the one that this expression in this
    /// module names.
    pub(super) fn cache(self) -> Option<(&'static str, &'static str)> {
        let module = self
            .path()
            .rsplit_once("::")
            .map_or("", |(module, _)| module);
        self.0.cache.map(|cache| (module, cache))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (attribute, path) = (self.attribute().name(), self.path());
        write!(f, "{attribute} {path} ({}:{})", self.file(), self.line())
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("path", &self.path())
            .field("attribute", &self.attribute())
            .field("templates", &self.templates())
            .finish_non_exhaustive()
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields =
            if self.makes_entries() { 8 } else { 3 } + usize::from(!self.tags().is_empty());
        let mut entry = serializer.serialize_struct("Entry", fields)?;
        entry.serialize_field("function", self.path())?;
        entry.serialize_field("attribute", self.attribute().name())?;
        entry.serialize_field("templates", self.templates())?;
        if !self.tags().is_empty() {
            entry.serialize_field("tags", self.tags())?;
        }
        if self.makes_entries() {
            entry.serialize_field("value", &self.value_type())?;
            entry.serialize_field("ttl", &self.ttl())?;
            entry.serialize_field("none_ttl", &self.none_ttl())?;
            entry.serialize_field("format", &self.format().map(Format::name))?;
            entry.serialize_field("version", &self.version())?;
        }
        entry.end()
    }
}
