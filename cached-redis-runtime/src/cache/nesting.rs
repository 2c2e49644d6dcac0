//! The bodies that surround a call. A call must not wait for what one of them will only do after the call has ended.

use super::Cache;
use crate::site::Site;
use crate::sync::Arc;

/// A body under way, and those around it.
#[derive(Debug)]
pub(super) struct Loading {
    cache: Cache,
    site: &'static Site,
    /// Those that other calls wait for, sorted.
    keys: Vec<String>,
    outer: Option<Arc<Loading>>,
}

/// What a call is to the bodies around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nesting {
    /// None of them is of its function.
    Apart,
    /// One is of its function.
    SameFunction,
    /// One loads its key.
    SameKey,
}

impl Loading {
    pub(super) fn new(
        cache: &Cache,
        site: &'static Site,
        mut keys: Vec<String>,
        outer: Option<Arc<Self>>,
    ) -> Self {
        keys.sort_unstable();
        Self {
            cache: cache.clone(),
            site,
            keys,
            outer,
        }
    }

    /// What a call of `site` for `key` is to this body and those around it.
    pub(super) fn nesting(&self, cache: &Cache, site: &'static Site, key: &str) -> Nesting {
        let mut nesting = Nesting::Apart;
        let mut next = Some(self);
        while let Some(one) = next {
            if one.loads(cache, key) {
                return Nesting::SameKey;
            }
            if core::ptr::eq(one.site, site) {
                nesting = Nesting::SameFunction;
            }
            next = one.outer.as_deref();
        }
        nesting
    }

    fn loads(&self, cache: &Cache, key: &str) -> bool {
        let searched = self.keys.binary_search_by(|one| one.as_str().cmp(key));
        searched.is_ok() && Arc::ptr_eq(&self.cache.engine, &cache.engine)
    }
}
