//! `Registration`: what an expansion says about its function, and the list that the linker makes of all of them.

use crate::site::Site;

/// Every annotated function of every crate in this program.
#[linkme::distributed_slice]
pub static CACHED_REDIS_FUNCTIONS: [Registration];

/// Which attribute stands above the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Attribute {
    /// `#[cache_aside]`: reads entries.
    CacheAside,
    /// `#[cache_invalidate]`: deletes entries.
    CacheInvalidate,
    /// `#[write_through]`: replaces entries.
    WriteThrough,
    /// No attribute: a [`ReadThrough`](crate::ReadThrough), which reads entries.
    ReadThrough,
    /// No attribute: a [`Ranking`](crate::structures::Ranking).
    Ranking,
    /// No attribute: a [`Feed`](crate::structures::Feed).
    Feed,
    /// No attribute: a [`Counter`](crate::structures::Counter).
    Counter,
    /// No attribute: a [`Uniques`](crate::structures::Uniques).
    Uniques,
    /// No attribute: a [`RateLimit`](crate::structures::RateLimit), with the keys that it was asked about.
    RateLimit,
}

impl Attribute {
    /// As it is written in the source.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CacheAside => "cache_aside",
            Self::CacheInvalidate => "cache_invalidate",
            Self::WriteThrough => "write_through",
            Self::ReadThrough => "read_through",
            Self::Ranking => "ranking",
            Self::Feed => "feed",
            Self::Counter => "counter",
            Self::Uniques => "uniques",
            Self::RateLimit => "rate_limit",
        }
    }
}

/// One annotated function, in a `static` beside its body.
///
/// Types are text: a `static` inside a method cannot name the type parameters of the `impl` around it.
#[derive(Debug)]
pub struct Registration {
    pub(super) site: &'static Site,
    pub(super) attribute: Attribute,
    /// Of an invalidator. Others have their site's.
    pub(super) templates: &'static [&'static str],
    /// Of the entries that it makes or clears.
    pub(super) tags: &'static [&'static str],
    pub(super) value: Option<&'static str>,
    /// The value type in the words in which it can be compared with another function's, where that is certain.
    pub(super) comparable: Option<&'static str>,
    pub(super) ttl: Option<&'static str>,
    pub(super) none_ttl: Option<&'static str>,
    pub(super) cache: Option<&'static str>,
    /// Bit `i` is set if the template's placeholder `i` is an integer.
    pub(super) integers: u64,
    pub(super) file: &'static str,
    pub(super) line: u32,
}

impl Registration {
    const fn new(
        site: &'static Site,
        attribute: Attribute,
        templates: &'static [&'static str],
    ) -> Self {
        Self {
            site,
            attribute,
            templates,
            tags: &[],
            value: None,
            comparable: None,
            ttl: None,
            none_ttl: None,
            cache: None,
            integers: 0,
            file: "",
            line: 0,
        }
    }

    /// A function that reads the site's template.
    #[must_use]
    pub const fn reader(site: &'static Site) -> Self {
        Self::new(site, Attribute::CacheAside, &[])
    }

    /// A function that stores entries of the site's template when it writes.
    #[must_use]
    pub const fn through(site: &'static Site) -> Self {
        Self::new(site, Attribute::WriteThrough, &[])
    }

    /// A loader, whose site has its family's template.
    #[must_use]
    pub(crate) const fn loader(site: &'static Site) -> Self {
        Self::new(site, Attribute::ReadThrough, &[])
    }

    /// One of the structures, whose site has its template.
    #[must_use]
    pub(crate) const fn structure(site: &'static Site, kind: Attribute) -> Self {
        Self::new(site, kind, &[])
    }

    /// A function that clears entries of these templates.
    #[must_use]
    pub const fn writer(site: &'static Site, templates: &'static [&'static str]) -> Self {
        Self::new(site, Attribute::CacheInvalidate, templates)
    }

    /// The tags of its entries, or those that it invalidates.
    #[must_use]
    pub const fn tags(mut self, templates: &'static [&'static str]) -> Self {
        self.tags = templates;
        self
    }

    /// The type of the value, for people.
    #[must_use]
    pub const fn value(mut self, written: &'static str) -> Self {
        self.value = Some(written);
        self
    }

    /// The type of the value, for [`check`](super::Catalogue::check). Left out where the text does not tell the type,
    /// and where rustc has compared the types already.
    #[must_use]
    pub const fn comparable(mut self, ty: &'static str) -> Self {
        self.comparable = Some(ty);
        self
    }

    /// How long a value lives.
    #[must_use]
    pub const fn ttl(mut self, written: &'static str) -> Self {
        self.ttl = Some(written);
        self
    }

    /// How long a "not found" lives.
    #[must_use]
    pub const fn none_ttl(mut self, written: &'static str) -> Self {
        self.none_ttl = Some(written);
        self
    }

    /// The expression for another cache than the installed one.
    #[must_use]
    pub const fn cache(mut self, written: &'static str) -> Self {
        self.cache = Some(written);
        self
    }

    /// Which placeholders are integers.
    #[must_use]
    pub const fn integers(mut self, mask: u64) -> Self {
        self.integers = mask;
        self
    }

    /// Where the attribute is.
    #[must_use]
    pub const fn at(mut self, file: &'static str, line: u32) -> Self {
        self.file = file;
        self.line = line;
        self
    }
}
