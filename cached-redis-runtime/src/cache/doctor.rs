//! Asking the doctor.

use super::Cache;
use crate::doctor::{Families, Report};

impl Cache {
    /// Asks the servers how they are set up, and says what does not fit a cache, or the annotated functions of this program: a full
    /// server that removes nothing, data that may be evicted, too few clients, a `GET` that takes too long. [`doctor`](crate::doctor)
    /// lists everything that it finds, and shows what it prints.
    ///
    /// It sends `INFO`, a `CONFIG GET` for each of seven settings and 32 `GET`s to each server that holds entries, over the connections
    /// and with the rights that the cache has, and writes nothing. What the user of the URL may not ask, or the server does not
    /// say, is named in [`unread`](Report::unread), and what depends on it is not judged.
    ///
    /// # Errors
    /// None. A server that cannot be asked is a finding.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    ///
    /// # Concurrent calls on the same key
    /// It uses no key that has an entry.
    ///
    /// # When Redis is down
    /// The report says so: at once where there is no connection, and within the deadline where nothing answers. It takes two
    /// deadlines and a second at most, however many servers there are.
    ///
    /// # Examples
    /// ```
    /// use cached_redis_runtime::Cache;
    /// use cached_redis_runtime::doctor::Severity;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// let cache = Cache::connect("memory://").await?;
    /// let report = cache.doctor().await;
    /// println!("{report}");
    /// assert!(report.worst() < Some(Severity::Warning));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn doctor(&self) -> Report {
        let examined = self.engine.examine().await;
        // The builder has taken a twenty-fifth off, for timers that are late.
        let deadline = self.engine.settings().deadline;
        let deadline = deadline + deadline / 24;
        #[cfg(feature = "catalogue")]
        let families = Some(Families::of(&crate::catalogue::catalogue()));
        #[cfg(not(feature = "catalogue"))]
        let families: Option<Families> = None;
        Report::of(examined, deadline, families.as_ref())
    }
}
