//! Where a use case is played: the cache, and what happens to it.

use std::error::Error;
use std::fmt;
use std::fmt::Display;
use std::hash::{BuildHasher as _, RandomState};

use cached_redis_runtime::{Cache, Key};
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;

use crate::database::Queries;
use crate::savings::{self, Savings, Side};

/// How a story ends.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The cache of one story.
pub struct Stage {
    cache: Cache,
    url: String,
    namespace: String,
    incident: Box<dyn Fn() + Send + Sync>,
}

impl Stage {
    /// A cache at `url` that nothing is in yet. It is not installed.
    ///
    /// # Errors
    /// If the URL is wrong, or nobody answers there: a service starts without its cache, too, but here it is what is to be
    /// shown.
    pub async fn at(url: &str, name: &str) -> Outcome<Self> {
        // Entries of an earlier run on the same server must not make this one look fast.
        let run = RandomState::new().hash_one("run") >> 32;
        let namespace = format!("{name}-{run:08x}");
        let builder = Cache::builder(url).namespace(namespace.as_str());
        let cache = builder.connect().await?;
        cache.ping().await.map_err(|error| {
            format!("REDIS_URL names a server that does not answer ({error}): start it, or leave REDIS_URL out")
        })?;
        Ok(Self {
            cache,
            url: url.to_owned(),
            namespace,
            incident: Box::new(|| {}),
        })
    }

    /// What happens in the middle of the story.
    #[must_use]
    pub fn with_incident(mut self, incident: impl Fn() + Send + Sync + 'static) -> Self {
        self.incident = Box::new(incident);
        self
    }

    /// Lets it happen: the middle of the story has come.
    pub fn middle(&self) {
        (self.incident)();
    }

    /// Measures requests of the cached kind, one after the other, with the middle of the story in the middle of them.
    pub async fn one_by_one<R, T, E: Display>(
        &self,
        way: &str,
        source: &Queries,
        requests: &[R],
        mut call: impl AsyncFnMut(&R) -> Result<T, E>,
    ) -> Side<T> {
        let mut before = requests.len() / 2;
        savings::one_by_one(way, source, requests, async |request| {
            if before == 0 {
                self.middle();
            }
            before = before.wrapping_sub(1);
            call(request).await
        })
        .await
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// What another program does, in whatever language: a plain `DEL`, by a client that knows nothing of this cache. In memory
    /// there are no other clients.
    ///
    /// # Errors
    /// What the server or the connection reports.
    pub async fn plain_delete(&self, key: Key) -> Outcome {
        if self.url.starts_with("memory:") {
            return Ok(self.cache.invalidate(key).await?);
        }
        let mut connection = self.other_client().await?;
        let name = format!("{}:{key}", self.namespace);
        let delete = redis::cmd("DEL").arg(name).take();
        delete.query_async::<()>(&mut connection).await?;
        Ok(())
    }

    async fn other_client(&self) -> redis::RedisResult<MultiplexedConnection> {
        let client = redis::Client::open(self.url.as_str())?;
        client.get_multiplexed_async_connection().await
    }

    /// Leaves nothing behind on somebody's server, where entries live for days.
    async fn clear(&self) -> redis::RedisResult<()> {
        if self.url.starts_with("memory:") {
            return Ok(());
        }
        let mut connection = self.other_client().await?;
        let all = format!("{}:*", self.namespace);
        let mut scan = connection.clone();
        let mut keys = scan.scan_match::<_, Vec<u8>>(all).await?;
        while let Some(key) = keys.next_item().await {
            connection.unlink::<_, ()>(key?).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cache, .. } = self;
        out.debug_struct("Stage")
            .field("cache", cache)
            .finish_non_exhaustive()
    }
}

/// Plays a story on the server at `REDIS_URL`, or in memory, and prints what was saved.
///
/// # Errors
/// Those of the story.
pub async fn show(name: &str, story: impl AsyncFnOnce(&Stage) -> Outcome<Savings>) -> Outcome {
    let url = std::env::var("REDIS_URL");
    let place = match &url {
        Ok(_) => "the server at REDIS_URL",
        Err(_) => "memory://, or a server if REDIS_URL names one",
    };
    println!("{name}, cached in {place}\n");
    let stage = Stage::at(url.as_deref().unwrap_or("memory://"), name).await?;
    stage.cache.install()?;
    println!("{}", story(&stage).await?);
    Ok(stage.clear().await?)
}
