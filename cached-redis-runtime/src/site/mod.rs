//! `Site`: what is constant about one annotated function.

mod family;
mod limit;
mod lock;

pub(crate) use family::Family;
pub(crate) use limit::{LoadLimit, LoadPermit};
pub(crate) use lock::Lock;

use core::num::NonZero;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;

use serde::de::DeserializeOwned;

use crate::codec::{Format, Tags};
use crate::observe::warn;
use crate::size::{Expected, Size};
use crate::sync::{Arc, OnceLock};

/// How many caches' counters a site finds without asking the cache. A test run may make any number of caches.
const REMEMBERED: usize = 3;

/// How entries are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    String,
    /// By field.
    Hash,
}

/// The description of one annotated function, in a `static` beside its body.
///
/// A `static` inside a generic function is one for all its instances, so nothing that depends on a type parameter may
/// live here: what is cached below is checked against the type or the cache at hand before it is used.
#[derive(Debug)]
pub struct Site {
    path: &'static str,
    template: &'static str,
    literals: &'static [&'static str],
    version: u32,
    jitter: f64,
    format: Option<Format>,
    /// A parameter is an open database transaction.
    takes_transaction: bool,
    /// Its entries have tags.
    tagged: bool,
    sliding: bool,
    lock: Lock,
    /// For the catalogue: an expansion says it in its calls.
    layout: Layout,
    warned: AtomicBool,
    limit: LoadLimit,
    /// The fingerprints of the value types seen here.
    tags: Tags,
    /// The counters in the first caches used, with those caches' numbers: normally one, the installed cache.
    counters: [OnceLock<(u64, Arc<Family>)>; REMEMBERED],
    /// How long the last encoded value was, to reserve the next buffer in one go.
    encoded_len: AtomicUsize,
    /// Which connection its next value takes.
    expected: Expected,
}

impl Site {
    /// The site of a reader.
    #[must_use]
    pub const fn cache_aside(
        path: &'static str,
        template: &'static str,
        literals: &'static [&'static str],
    ) -> Self {
        Self {
            path,
            template,
            literals,
            version: 1,
            jitter: 0.1,
            format: None,
            takes_transaction: false,
            tagged: false,
            sliding: false,
            lock: Lock::USUAL,
            layout: Layout::String,
            warned: AtomicBool::new(false),
            limit: LoadLimit::none(),
            tags: Tags::new(),
            counters: [const { OnceLock::new() }; REMEMBERED],
            encoded_len: AtomicUsize::new(0),
            expected: Expected::new(),
        }
    }

    /// The site of an invalidator; `template` is the first one it names.
    #[must_use]
    pub const fn cache_invalidate(path: &'static str, template: &'static str) -> Self {
        Self::cache_aside(path, template, &[])
    }

    /// The version of the value's meaning. Default: 1.
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// The share by which a TTL may be shortened. Default: 0.1.
    #[must_use]
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = share;
        self
    }

    /// The format of the value. Default: the cache's.
    #[must_use]
    pub const fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// A parameter is an open database transaction.
    #[must_use]
    pub const fn in_transaction(mut self) -> Self {
        self.takes_transaction = true;
        self
    }

    /// At most so many bodies at once. Not a part of the `static`, where a number that belongs to a type (`Self::MAX`)
    /// could not be named; all instances of a generic function share the number of the one that is called first.
    pub(crate) fn set_limit(&self, most: NonZero<usize>) {
        self.limit.set(most);
    }

    pub(crate) fn limit(&'static self) -> &'static LoadLimit {
        &self.limit
    }

    /// Entries of this function have tags.
    #[must_use]
    pub const fn tagged(mut self) -> Self {
        self.tagged = true;
        self
    }

    /// A read renews the entry's life.
    #[must_use]
    pub const fn sliding(mut self) -> Self {
        self.sliding = true;
        self
    }

    /// No call waits for the load of another one.
    #[must_use]
    pub const fn unlocked(mut self) -> Self {
        self.lock = self.lock.off();
        self
    }

    /// How long a right to load lasts that nobody renews. Default: the cache's.
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lock = self.lock.lease(lease);
        self
    }

    /// How long a call waits for the loads of others. Default: the cache's.
    #[must_use]
    pub const fn wait(mut self, wait: Duration) -> Self {
        self.lock = self.lock.wait(wait);
        self
    }

    pub(crate) fn lock(&self) -> Lock {
        self.lock
    }

    /// Entries of this function are kept by field.
    #[must_use]
    pub const fn by_field(mut self) -> Self {
        self.layout = Layout::Hash;
        self
    }

    #[cfg(feature = "catalogue")]
    pub(crate) fn is_by_field(&self) -> bool {
        self.layout == Layout::Hash
    }

    pub(crate) fn is_sliding(&self) -> bool {
        self.sliding
    }

    pub(crate) fn is_tagged(&self) -> bool {
        self.tagged
    }

    pub(crate) fn takes_transaction(&self) -> bool {
        self.takes_transaction
    }

    /// For a call outside of a `transaction` block: says once per function that its invalidation comes too early, or
    /// that what it reads or writes is not stored.
    pub(crate) fn warn_of_transaction(&self) {
        if self.takes_transaction && !self.warned.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "`{}` was given an open transaction outside of `cached_redis_runtime::transaction(…)`: what it \
                 invalidates is deleted before the commit, and what it reads or writes is not stored; put the \
                 block that commits into `transaction(async {{ … }})` (said once for this function)",
                self.path
            ));
        }
    }

    pub(crate) fn path(&self) -> &'static str {
        self.path
    }

    /// The template of its keys.
    pub(crate) fn family(&self) -> &'static str {
        self.template
    }

    #[cfg(feature = "catalogue")]
    pub(crate) fn template(&self) -> &&'static str {
        &self.template
    }

    #[cfg(feature = "catalogue")]
    pub(crate) fn version_number(&self) -> u32 {
        self.version
    }

    #[cfg(feature = "catalogue")]
    pub(crate) fn format_if_named(&self) -> Option<Format> {
        self.format
    }

    pub(crate) fn literals(&self) -> &'static [&'static str] {
        self.literals
    }

    pub(crate) fn jitter_share(&self) -> f64 {
        self.jitter
    }

    pub(crate) fn format_or(&self, default: Format) -> Format {
        self.format.unwrap_or(default)
    }

    /// The tag that an entry of this function carries: values of type `T`, read as an `R`.
    pub(crate) fn fingerprint<T: ?Sized, R: DeserializeOwned>(&self, format: Format) -> u64 {
        self.tags.get::<T, R>(format, self.version)
    }

    /// This family's counters in the cache numbered `cache`; `find` asks the cache itself.
    pub(crate) fn counters(
        &self,
        cache: u64,
        find: impl Fn(&'static str) -> Arc<Family>,
    ) -> FamilyRef<'_> {
        for remembered in &self.counters {
            let (number, counters) = remembered.get_or_init(|| (cache, find(self.template)));
            if *number == cache {
                return FamilyRef::Site(counters);
            }
        }
        FamilyRef::Cache(find(self.template))
    }

    pub(crate) fn expected_len(&self) -> usize {
        self.encoded_len.load(Ordering::Relaxed)
    }

    pub(crate) fn encoded(&self, len: usize) {
        self.encoded_len.store(len, Ordering::Relaxed);
    }

    /// What this function's next value is thought to be.
    pub(crate) fn size(&self) -> Size {
        self.expected.size()
    }

    /// A value of this function is so long.
    pub(crate) fn saw(&self, len: usize) {
        self.expected.saw(len);
    }
}

/// Counters, borrowed from the site or shared with a cache that is not the site's first.
#[derive(Debug)]
pub(crate) enum FamilyRef<'a> {
    Site(&'a Arc<Family>),
    Cache(Arc<Family>),
}

impl FamilyRef<'_> {
    /// For who outlives the call.
    pub(crate) fn shared(&self) -> Arc<Family> {
        match self {
            Self::Site(family) => Arc::clone(family),
            Self::Cache(family) => Arc::clone(family),
        }
    }
}

impl core::ops::Deref for FamilyRef<'_> {
    type Target = Family;

    fn deref(&self) -> &Family {
        match self {
            Self::Site(family) => family,
            Self::Cache(family) => family,
        }
    }
}
