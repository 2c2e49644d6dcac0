//! The installed cache, and how a call finds the one it uses.

use core::ops::Deref;
use core::sync::atomic::{AtomicBool, Ordering};

use super::{Cache, context};
use crate::error::{Error, ErrorKind};
use crate::observe::warn;
use crate::sync::OnceLock;

static INSTALLED: OnceLock<Cache> = OnceLock::new();

pub(super) fn install(cache: Cache) -> Result<(), Error> {
    INSTALLED.set(cache).map_err(|_| {
        Error::new(
            ErrorKind::AlreadyInstalled,
            "a cache is already installed in this process; use `cache.scope(…)` for another one",
        )
    })
}

/// Which cache a call uses.
#[derive(Clone, Debug)]
pub struct CacheRef(Source);

#[derive(Clone, Debug)]
enum Source {
    /// Looked up when the call begins.
    Installed,
    Named(Cache),
}

/// The cache of the surrounding scope, or the installed one.
#[must_use]
pub fn installed() -> CacheRef {
    CacheRef(Source::Installed)
}

/// The cache that the attribute names. It wins over a scope: it was asked for.
#[must_use]
pub fn explicit(cache: &Cache) -> CacheRef {
    CacheRef(Source::Named(cache.clone()))
}

/// The cache that was found.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// The installed one: no count of references to touch on the hit path.
    Installed(&'static Cache),
    Owned(Cache),
}

impl Deref for Found {
    type Target = Cache;

    fn deref(&self) -> &Cache {
        match self {
            Self::Installed(cache) => cache,
            Self::Owned(cache) => cache,
        }
    }
}

impl CacheRef {
    pub(super) fn find(self, path: &'static str) -> Option<Found> {
        if let Source::Named(cache) = self.0 {
            return Some(Found::Owned(cache));
        }
        if let Some(cache) = context::cache() {
            return Some(Found::Owned(cache));
        }
        let found = INSTALLED.get().map(Found::Installed);
        if found.is_none() {
            warn_missing(path);
        }
        found
    }
}

#[cold]
fn warn_missing(path: &'static str) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        warn(format_args!(
            "`{path}` was called with no cache installed, so it runs uncached (said once): \
             call `Cache::connect(url).await?.install()?` when the program starts"
        ));
    }
}
