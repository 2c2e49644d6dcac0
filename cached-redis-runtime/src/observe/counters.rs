//! Counters per family: one relaxed atomic add each.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use crate::error::ErrorKind;

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $variant:ident $field:ident),+ $(,)?) => {
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
            /// How long its entries live, as the function said that ran last; [`Duration::MAX`] is `forever`. `None` where none
            /// has read or stored an entry yet, where each value has a ttl of its own, and of a sum.
            pub ttl: Option<Duration>,
            /// How long the bodies of [`loads`](Self::loads) ran, together.
            pub load_time: Duration,
            /// How long [`waits`](Self::waits) took, together.
            pub wait_time: Duration,
            $($(#[doc = $doc])+ pub $field: u64),+
        }

        impl FamilyStats {
            pub(crate) fn add(&mut self, other: &Self) {
                self.load_time += other.load_time;
                self.wait_time += other.wait_time;
                $(self.$field += other.$field;)+
            }
        }

        impl Counters {
            pub(crate) fn read(&self, template: &'static str) -> FamilyStats {
                FamilyStats {
                    template,
                    ttl: self.ttl(),
                    load_time: Duration::from_nanos(self.load_nanos.load(Ordering::Relaxed)),
                    wait_time: Duration::from_nanos(self.wait_nanos.load(Ordering::Relaxed)),
                    $($field: self.get(Count::$variant)),+
                }
            }
        }

        /// Each count with its field's name and description, to be published under.
        #[cfg(feature = "metrics")]
        pub(super) const FIELDS: [(Count, &str, &str); COUNTS] = [
            $((Count::$variant, stringify!($field), concat!($($doc),+))),+
        ];
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
    /// Times that a call waited for another's load, in this process or another.
    Wait waits,
    /// Calls that stopped waiting after `wait` and ran their body without storing.
    WaitExpired expired_waits,
    /// Values stored.
    Fill fills,
    /// Bytes of the values stored, headers included.
    StoredBytes stored_bytes,
    /// Leases found gone when they were to be renewed, while their load went on: the key was invalidated, or the lease expired or
    /// was evicted.
    LostLease lost_leases,
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
    /// Of these, the ones for want of a connection.
    ErrorConnection errors_connection,
    /// Of these, the ones that were not answered within the deadline.
    ErrorTimeout errors_timeout,
    /// Of these, the ones that the server refused: the login may not run the command.
    ErrorRefused errors_refused,
    /// Of these, the ones for which the server had no memory left.
    ErrorFull errors_full,
    /// Of these, the ones that found a key of another Redis type.
    ErrorWrongType errors_wrong_type,
    /// Of these, the ones that the server answered with an error of another sort.
    ErrorServer errors_server,
    /// Entries that are no entries of ours: replaced, or left alone when of another Redis type.
    Foreign foreign,
    /// Entries of ours that this function cannot read (another type, layout, version or format, or damaged): replaced.
    Mismatch mismatches,
}

impl Count {
    /// The class of an error, counted beside [`Count::Error`].
    pub(crate) fn of_error(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Unavailable => Self::ErrorConnection,
            ErrorKind::Timeout => Self::ErrorTimeout,
            ErrorKind::Auth => Self::ErrorRefused,
            ErrorKind::Full => Self::ErrorFull,
            ErrorKind::WrongType => Self::ErrorWrongType,
            ErrorKind::Url
            | ErrorKind::Setting
            | ErrorKind::Server
            | ErrorKind::Overflow
            | ErrorKind::Unconfirmed
            | ErrorKind::AlreadyInstalled => Self::ErrorServer,
        }
    }
}

/// The counters of one family.
#[derive(Debug)]
pub(crate) struct Counters {
    counts: [AtomicU64; COUNTS],
    load_nanos: AtomicU64,
    wait_nanos: AtomicU64,
    /// 0 as long as it is not known, the largest number for `forever`.
    ttl_millis: AtomicU64,
}

impl Counters {
    pub(crate) const fn new() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; COUNTS],
            load_nanos: AtomicU64::new(0),
            wait_nanos: AtomicU64::new(0),
            ttl_millis: AtomicU64::new(0),
        }
    }

    pub(crate) fn count(&self, what: Count) {
        self.add(what, 1);
    }

    pub(crate) fn add(&self, what: Count, n: u64) {
        self.counts[what as usize].fetch_add(n, Ordering::Relaxed);
    }

    /// A body took so long.
    pub(crate) fn add_load(&self, took: Duration) {
        self.load_nanos.fetch_add(nanos(took), Ordering::Relaxed);
    }

    /// A wait took so long.
    pub(crate) fn add_wait(&self, took: Duration) {
        self.wait_nanos.fetch_add(nanos(took), Ordering::Relaxed);
    }

    /// Entries live for so many milliseconds; `None` is `forever`.
    pub(crate) fn lives(&self, millis: Option<u64>) {
        let millis = millis.unwrap_or(u64::MAX);
        self.ttl_millis.store(millis, Ordering::Relaxed);
    }

    fn ttl(&self) -> Option<Duration> {
        match self.ttl_millis.load(Ordering::Relaxed) {
            0 => None,
            u64::MAX => Some(Duration::MAX),
            millis => Some(Duration::from_millis(millis)),
        }
    }

    pub(super) fn get(&self, what: Count) -> u64 {
        self.counts[what as usize].load(Ordering::Relaxed)
    }
}

/// Five hundred years fit.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
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
        let counters = Counters::new();
        counters.count(Count::Hit);
        counters.add(Count::Mismatch, 3);
        let stats = counters.read("user:<id>");
        assert_eq!((stats.hits, stats.mismatches, stats.misses), (1, 3, 0));
        assert_eq!(stats.template, "user:<id>");
    }

    #[test]
    fn each_kind_of_error_has_its_class() {
        let counters = Counters::new();
        for (kind, times) in [
            (ErrorKind::Unavailable, 1),
            (ErrorKind::Timeout, 2),
            (ErrorKind::Auth, 3),
            (ErrorKind::Full, 4),
            (ErrorKind::WrongType, 5),
            (ErrorKind::Server, 6),
        ] {
            counters.add(Count::of_error(kind), times);
        }
        let stats = counters.read("");
        let (connection, timeout, refused) = (
            stats.errors_connection,
            stats.errors_timeout,
            stats.errors_refused,
        );
        assert_eq!((connection, timeout, refused), (1, 2, 3));
        let (full, wrong_type) = (stats.errors_full, stats.errors_wrong_type);
        assert_eq!((full, wrong_type, stats.errors_server), (4, 5, 6));
    }

    #[test]
    fn a_life_is_told_from_none_and_from_for_ever() {
        let counters = Counters::new();
        assert_eq!(counters.read("").ttl, None);
        counters.lives(Some(1500));
        assert_eq!(counters.read("").ttl, Some(Duration::from_millis(1500)));
        counters.lives(None);
        assert_eq!(counters.read("").ttl, Some(Duration::MAX));
    }

    #[test]
    fn total_adds_families() {
        let one = FamilyStats {
            hits: 2,
            load_time: Duration::from_secs(3),
            ..FamilyStats::default()
        };
        let stats = Stats {
            families: vec![one.clone(), one],
            ..Stats::default()
        };
        let total = stats.total();
        assert_eq!((total.hits, total.load_time), (4, Duration::from_secs(6)));
    }
}
