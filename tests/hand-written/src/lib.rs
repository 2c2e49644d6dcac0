//! The cache-aside that a careful engineer writes by hand, to measure cached-redis against.
//!
//! It does what the guides say: format the key, `GET`, decode, and on a miss load and `SET … EX`; delete after a
//! write; never fail because the cache did. It does not close the race between a slow load and an invalidation,
//! share loads or stop dialling a dead server: that is what a library is for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::RedisResult;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use serde::{Deserialize, Serialize};

const TTL_SECONDS: u64 = 3600;

/// What is cached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "a made-up profile; the names say it all")]
pub struct Profile {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub created_at: i64,
    pub roles: Vec<String>,
    pub verified: bool,
    pub about: String,
}

/// The source's error.
#[derive(Debug)]
pub struct SourceError;

/// A stand-in for the database, as fast as memory. Clones are the same source.
#[derive(Debug, Clone)]
pub struct Source {
    about: usize,
    loads: Arc<AtomicU64>,
}

impl Source {
    /// A source of profiles that take about `bytes` bytes, written as `MessagePack` with field names.
    #[must_use]
    pub fn of_profiles_with(bytes: usize) -> Self {
        let source = Self {
            about: 0,
            loads: Arc::default(),
        };
        let rest = rmp_serde::to_vec_named(&source.profile(1)).map_or(0, |bytes| bytes.len());
        Self {
            about: bytes.saturating_sub(rest),
            ..source
        }
    }

    /// Loads one.
    ///
    /// # Errors
    /// Never; a database would.
    #[expect(clippy::unused_async, reason = "a database is asynchronous")]
    pub async fn load(&self, id: u64) -> Result<Option<Profile>, SourceError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        Ok(Some(self.profile(id)))
    }

    /// How many loads there were.
    #[must_use]
    pub fn loads(&self) -> u64 {
        self.loads.load(Ordering::Relaxed)
    }

    fn profile(&self, id: u64) -> Profile {
        Profile {
            id,
            name: format!("User no. {id}"),
            email: format!("user-{id}@example.org"),
            created_at: 1_700_000_000,
            roles: vec!["reader".to_owned(), "author".to_owned()],
            verified: true,
            about: "a".repeat(self.about),
        }
    }
}

/// A repository with a cache in front, by hand.
#[derive(Clone)]
pub struct Profiles {
    redis: ConnectionManager,
    source: Source,
}

impl std::fmt::Debug for Profiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profiles")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl Profiles {
    /// Connects to the server at `url`.
    ///
    /// # Errors
    /// When the URL is wrong or the server does not answer.
    pub async fn connect(url: &str, source: Source) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(Duration::from_millis(100)));
        let redis = ConnectionManager::new_with_config(redis::Client::open(url)?, config).await?;
        Ok(Self { redis, source })
    }

    /// One profile.
    ///
    /// # Errors
    /// What the source reports.
    pub async fn find(&self, id: u64) -> Result<Option<Profile>, SourceError> {
        let key = format!("hand:profile:{id}");
        let mut redis = self.redis.clone();
        match redis::cmd("GET")
            .arg(&key)
            .query_async::<Option<Vec<u8>>>(&mut redis)
            .await
        {
            Ok(Some(bytes)) => match rmp_serde::from_slice(&bytes) {
                Ok(profile) => return Ok(Some(profile)),
                Err(error) => eprintln!("{key}: {error}"),
            },
            Ok(None) => {}
            Err(error) => eprintln!("{key}: {error}"),
        }
        let loaded = self.source.load(id).await?;
        if let Some(profile) = &loaded {
            match rmp_serde::to_vec_named(profile) {
                Ok(bytes) => self.store(&key, &bytes).await,
                Err(error) => eprintln!("{key}: {error}"),
            }
        }
        Ok(loaded)
    }

    /// Writes one profile, which the source takes as it is.
    ///
    /// # Errors
    /// Never; a database would.
    pub async fn update(&self, profile: &Profile) -> Result<(), SourceError> {
        let key = format!("hand:profile:{}", profile.id);
        let mut redis = self.redis.clone();
        let deleted: RedisResult<()> = redis::cmd("DEL").arg(&key).query_async(&mut redis).await;
        if let Err(error) = deleted {
            eprintln!("{key}: {error}");
        }
        Ok(())
    }

    async fn store(&self, key: &str, bytes: &[u8]) {
        let mut redis = self.redis.clone();
        let mut set = redis::cmd("SET");
        set.arg(key).arg(bytes).arg("EX").arg(TTL_SECONDS);
        let stored: RedisResult<()> = set.query_async(&mut redis).await;
        if let Err(error) = stored {
            eprintln!("{key}: {error}");
        }
    }
}
