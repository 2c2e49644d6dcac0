//! Counters per family: one relaxed atomic add each.

use core::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $variant:ident $field:ident),+ $(,)?) => {
        /// One thing that can be counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Count { $($variant),+ }

        const COUNTS: usize = [$(Count::$variant),+].len();

        /// What the functions of one family did since the cache was made.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct FamilyStats {
            /// The family's key template, as written in the attribute.
            pub template: &'static str,
            $($(#[$doc])* pub $field: u64),+
        }

        impl FamilyStats {
            pub(crate) fn add(&mut self, other: &Self) {
                $(self.$field += other.$field;)+
            }
        }

        impl Counters {
            pub(crate) fn read(&self, template: &'static str) -> FamilyStats {
                FamilyStats { template, $($field: self.get(Count::$variant)),+ }
            }
        }
    };
}

counters! {
    /// Calls answered from the cache by one `GET`, a cached "not found" included.
    Hit hits,
    /// Calls answered by a cached "not found"; they are counted in `hits` too.
    NegativeHit negative_hits,
    /// Calls answered by an entry past its TTL, as `stale` allows; they are counted in `hits` too.
    StaleHit stale_hits,
    /// Calls that found no usable entry.
    Miss misses,
    /// Bodies run to fill the cache or because it could not be used.
    Load loads,
    /// Of these, the ones that ended in an error, a panic or a dropped future.
    LoadFailed failed_loads,
    /// Bodies run because an entry was due, by `stale`, `early` or `refresh_ahead`; they are counted in `loads` too.
    Refresh refreshes,
    /// Of these, the ones that `early` began before the end of the TTL.
    EarlyLoad early_loads,
    /// Calls that found an entry due and left it alone: another call or process was loading it, or had failed to shortly
    /// before.
    RefreshSkipped skipped_refreshes,
    /// Calls that found an entry due and left it alone because `max_refreshes` or `max_loads` were running.
    RefreshRejected rejected_refreshes,
    /// Calls that found no entry, or could not look, and took the result of another call's load, in this process or another.
    Joined joined,
    /// Calls that stopped waiting after `wait` and ran their body without storing.
    WaitExpired expired_waits,
    /// Values stored.
    Fill fills,
    /// Values not stored because the key was invalidated, or the lease lost, while they were loaded.
    FillRejected rejected_fills,
    /// Values not stored because `unless` said so, their `ttl` was zero, they were `None` without `none_ttl`, or too large.
    Unstored unstored,
    /// Entries that were given another life because they were read (`sliding`).
    Renewal renewals,
    /// Changes made to structures: a member ranked, an item pushed, a counter raised, a rate limit that allowed something.
    Change changes,
    /// What rate limits denied.
    Denied denied,
    /// Keys deleted by an invalidation.
    Invalidation invalidations,
    /// Entries deleted by the invalidation of a tag.
    TagInvalidation tag_invalidations,
    /// Of these two, the ones that fewer replicas than `wait_for_replicas` asks for have confirmed in time.
    Unconfirmed unconfirmed,
    /// Keys and tags whose deletion failed and waits to be sent again.
    LostDelete lost_deletes,
    /// Calls that did not use the cache: `when`, `bypass`, a key or tag with a pending deletion, a recursive call.
    Bypassed bypassed,
    /// Keys and tags longer than `max_key_bytes`: a call for one runs its body, and there is nothing to delete for it.
    LongKey long_keys,
    /// Commands that failed: no connection, timeout, an error reply.
    Error errors,
    /// Entries that are no entries of ours: replaced, or left alone when of another Redis type.
    Foreign foreign,
    /// Entries of ours that this function cannot read (another type, layout, version or format, or damaged): replaced.
    Mismatch mismatches,
}

/// The counters of one family.
#[derive(Debug, Default)]
pub(crate) struct Counters([AtomicU64; COUNTS]);

impl Counters {
    pub(crate) fn count(&self, what: Count) {
        self.add(what, 1);
    }

    pub(crate) fn add(&self, what: Count, n: u64) {
        self.0[what as usize].fetch_add(n, Ordering::Relaxed);
    }

    fn get(&self, what: Count) -> u64 {
        self.0[what as usize].load(Ordering::Relaxed)
    }
}

/// What a cache did since it was made. A snapshot: the numbers are read one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// One entry per family that was used, sorted by template.
    pub families: Vec<FamilyStats>,
    /// Whether the server can be used right now; of a cluster, whether all of it can.
    pub connected: bool,
    /// Keys and tags whose deletion failed and has not been made good yet.
    pub pending_deletes: usize,
    /// Keys that were deleted and that fewer replicas than `wait_for_replicas` asks for have confirmed in time, those deleted
    /// in the background and by [`Cache::invalidate`](crate::Cache::invalidate) among them.
    pub unconfirmed: u64,
    /// Calls that wait for another call's load right now.
    pub waiting: usize,
    /// Calls that stand in line because their function runs `max_loads` bodies already.
    pub queued: usize,
    /// Keys that this process remembers something about because calls for them are under way, other than hits.
    pub under_way: usize,
}

impl Stats {
    /// The family with this template, as written in the attribute.
    #[must_use]
    pub fn family(&self, template: &str) -> Option<&FamilyStats> {
        self.families
            .iter()
            .find(|family| family.template == template)
    }

    /// The sum over all families; its template is empty.
    #[must_use]
    pub fn total(&self) -> FamilyStats {
        let mut total = FamilyStats::default();
        for family in &self.families {
            total.add(family);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_has_its_own_field() {
        let counters = Counters::default();
        counters.count(Count::Hit);
        counters.add(Count::Mismatch, 3);
        let stats = counters.read("user:<id>");
        assert_eq!((stats.hits, stats.mismatches, stats.misses), (1, 3, 0));
        assert_eq!(stats.template, "user:<id>");
    }

    #[test]
    fn total_adds_families() {
        let one = FamilyStats {
            hits: 2,
            ..FamilyStats::default()
        };
        let stats = Stats {
            families: vec![one.clone(), one],
            ..Stats::default()
        };
        assert_eq!(stats.total().hits, 4);
    }
}
