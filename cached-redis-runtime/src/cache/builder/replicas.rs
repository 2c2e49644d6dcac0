//! What replicas are asked for.

use core::time::Duration;

use super::CacheBuilder;

const MOST: usize = 64;
const LONGEST: Duration = Duration::from_secs(60);

impl CacheBuilder {
    /// Lets every deletion wait until so many replicas of its server have said that they know of it, for `limit` at most:
    /// then none of these brings the old entry back when it takes the primary's place. Defaults to none: a deletion that no
    /// replica has heard of is lost with the primary. From 1 to 64 replicas, and from 1 ms to a minute.
    ///
    /// Those are the deletions of writes, of [`invalidate`](crate::Cache::invalidate) and of tags' members, the end of a write
    /// with `before`, a [structure](crate::structures) that cannot take a change, and what is made good in the background; not
    /// what is stored: the value that `write_through` leaves, or the change that a structure takes, may be lost with the
    /// primary, and what was there before be back. Each is followed by a `WAIT` on a connection of their own to each server,
    /// and those of several callers share one. A healthy replica answers within a round trip, so `limit` may be short. It
    /// comes on top of the [`deadline`](Self::deadline): a write waits for the deadline and twice the `limit` at most, since
    /// another's `WAIT` may be under way when it comes, and with `tags` once more for each 500 members.
    ///
    /// Where fewer replicas answer in time, or the server has fewer, or it is full and what is to be deleted is gone already,
    /// the deletion is *not confirmed*: the entry is gone on the primary, nothing is sent again, and the call takes as long as
    /// the `limit`, if any was waited for. It is counted as [`unconfirmed`](crate::Stats::unconfirmed) and said once.
    /// [`Cache::invalidate`](crate::Cache::invalidate), and a write with `on_error = "fail"`, return an error of the kind
    /// [`Unconfirmed`](crate::ErrorKind::Unconfirmed); other writes return what their body did, those of structures with that
    /// error [beside it](crate::structures::Written::cached).
    ///
    /// It helps where the one that takes over is one of those that have answered: with as many as there are replicas always,
    /// with one of two mostly, since Sentinel and Redis Cluster prefer the one that has heard most. An ACL user needs
    /// `+wait`. Without effect on `memory://`.
    ///
    /// ```no_run
    /// use cached_redis_runtime::Cache;
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// let cache = Cache::builder("redis-cluster://10.0.0.1:7000,10.0.0.2:7000")
    ///     .wait_for_replicas(1, Duration::from_millis(50))
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for_replicas(mut self, replicas: usize, limit: Duration) -> Self {
        self.replicas = Some((replicas, limit));
        self
    }

    /// Whether values may be read from the replicas of a cluster, so that they share the load of the primaries. Defaults to
    /// `false`.
    ///
    /// A replica may be behind its primary: usually by less than a millisecond, and without limit while it is cut off from
    /// it. So a read that begins after an invalidation has returned may still see what was there before, **in the process
    /// that invalidated as well**, until the replica has heard of it; an entry's ttl ends there as anywhere.
    /// [`wait_for_replicas`](Self::wait_for_replicas) with the number of all replicas of a primary closes the gap for what it
    /// confirms. What must be read as it was written is read with this off, by a cache of its own.
    ///
    /// Only answers come from replicas: a value, or a "not found" that was stored. Whatever else one says, and an entry that
    /// is to be loaded anew (`stale`, `early`, `refresh_ahead`) or does not decode, is asked of the primary before anything
    /// is done about it; so a miss is one more command. Claims, stores, deletions and tags never go there. A slot is read
    /// from one of its replicas, always the same as long as it answers; without a connection to any, from the primary. A
    /// replica that hangs has half of the [`deadline`](Self::deadline). Values above 256 KiB are read from primaries.
    ///
    /// Each replica is one more connection, or [`connections`](Self::connections) more. An ACL user needs `+readonly`.
    /// Without effect on other URLs than `redis-cluster://`.
    pub fn read_from_replicas(mut self, read: bool) -> Self {
        self.reads_replicas = read;
        self
    }

    /// What is wrong with these settings.
    pub(super) fn wrong_replicas(&self) -> Option<&'static str> {
        let (replicas, limit) = self.replicas?;
        if !(1..=MOST).contains(&replicas) {
            return Some("`wait_for_replicas` must name from 1 to 64 replicas");
        }
        if !(Duration::from_millis(1)..=LONGEST).contains(&limit) {
            return Some("the limit of `wait_for_replicas` must be from 1 ms to a minute");
        }
        None
    }
}
