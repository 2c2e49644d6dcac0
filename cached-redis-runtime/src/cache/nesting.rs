//! The bodies that surround a call. A call must not wait for what one of them will only do after the call has ended.

use super::Cache;
use crate::engine::Admission;
use crate::site::Site;
use crate::sync::Arc;

/// A body under way, and those around it.
#[derive(Debug)]
pub(super) struct Loading {
    /// By its number: a body in the background does not keep its cache.
    cache: u64,
    site: &'static Site,
    /// Those that other calls wait for, sorted.
    keys: Vec<String>,
    outer: Option<Arc<Loading>>,
}

/// What a call is to the bodies around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nesting {
    /// There are none.
    Apart,
    /// They are of other functions.
    Inside,
    /// One is of the call's own function.
    SameFunction,
}

impl Nesting {
    /// How such a call comes by a permit.
    pub(super) fn admission(self, read_only: bool) -> Admission {
        match self {
            _ if read_only => Admission::Free,
            Self::Apart => Admission::Line,
            Self::Inside => Admission::Nested,
            Self::SameFunction => Admission::Free,
        }
    }
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
            cache: cache.engine.number(),
            site,
            keys,
            outer,
        }
    }

    /// What a call of `site` is to this body and those around it.
    pub(super) fn nesting(&self, site: &'static Site) -> Nesting {
        if self.outward().any(|one| core::ptr::eq(one.site, site)) {
            Nesting::SameFunction
        } else {
            Nesting::Inside
        }
    }

    /// Whether this body, or one around it, loads `key`.
    pub(super) fn loads(&self, cache: &Cache, key: &str) -> bool {
        self.outward().any(|one| {
            let searched = one.keys.binary_search_by(|one| one.as_str().cmp(key));
            searched.is_ok() && one.cache == cache.engine.number()
        })
    }

    fn outward(&self) -> impl Iterator<Item = &Self> {
        core::iter::successors(Some(self), |one| one.outer.as_deref())
    }
}
