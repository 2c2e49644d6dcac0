//! The three that are compared: each reads the same profiles from the same server.

use cached_redis_hand_written::{Profile, Profiles, Source, SourceError};
use cached_redis_runtime::{Cache, cache_aside, cache_invalidate};
use redis::aio::MultiplexedConnection;

/// How many keys each task has to itself, so that no two callers ask for one key at a time: sharing is not what
/// is measured.
const KEYS_PER_TASK: u64 = 2;

#[derive(Clone)]
pub(crate) struct Contenders {
    raw: MultiplexedConnection,
    by_hand: Profiles,
    pub(crate) ours: Ours,
    source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    Raw,
    ByHand,
    Ours,
}

pub(crate) const ALL: [Contender; 3] = [Contender::Raw, Contender::ByHand, Contender::Ours];

impl Contender {
    /// By its name on the command line.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "raw" => Self::Raw,
            "hand" => Self::ByHand,
            "ours" => Self::Ours,
            other => panic!("`{other}` is none of raw, hand, ours"),
        }
    }
}

/// The repository as a user of the library writes it.
#[derive(Clone)]
pub(crate) struct Ours {
    cache: Cache,
    source: Source,
}

impl Ours {
    #[cache_aside(key = "profile:<id>", ttl = 3600, cache = self.cache)]
    pub(crate) async fn find(&self, id: u64) -> Result<Option<Profile>, SourceError> {
        self.source.load(id).await
    }

    #[cache_invalidate(key = "profile:<profile.id>", cache = self.cache)]
    pub(crate) async fn update(&self, profile: &Profile) -> Result<(), SourceError> {
        let _ = profile;
        Ok(())
    }
}

impl Contenders {
    pub(crate) async fn connect(url: &str, size: usize) -> Self {
        // Keys are kept apart by size, and are equally long for all.
        let source = Source::of_profiles_with(size);
        let client = redis::Client::open(url).expect("the server's URL");
        let raw = client
            .get_multiplexed_async_connection()
            .await
            .expect("a connection");
        let by_hand = Profiles::connect(url, source.clone())
            .await
            .expect("a connection");
        let connections = std::env::var("CONNECTIONS").ok();
        let connections = connections.and_then(|number| number.parse().ok());
        let cache = Cache::builder(url)
            .namespace("ours")
            .connections(connections.unwrap_or(1))
            .connect()
            .await
            .expect("a cache");
        cache.ping().await.expect("a server that answers");
        let flushed = redis::cmd("FLUSHALL")
            .query_async::<()>(&mut raw.clone())
            .await;
        flushed.expect("an empty server");
        let ours = Ours {
            cache,
            source: source.clone(),
        };
        Self {
            raw,
            by_hand,
            ours,
            source,
        }
    }

    /// Fills the keys of `tasks` tasks.
    pub(crate) async fn warm(&self, tasks: usize) {
        for id in 0..as_u64(tasks) * KEYS_PER_TASK {
            self.find(Contender::ByHand, id).await;
            self.find(Contender::Ours, id).await;
        }
    }

    /// Runs `calls` calls in each of `tasks` tasks. Says whether all of them hit: on a machine that stands still for
    /// a moment a call may reach its deadline instead.
    pub(crate) async fn run(&self, contender: Contender, tasks: usize, calls: u64) -> bool {
        let loads = self.source.loads();
        let mut running = tokio::task::JoinSet::new();
        for task in 0..tasks {
            let this = self.clone();
            let first = as_u64(task) * KEYS_PER_TASK;
            running.spawn(async move {
                for call in 0..calls {
                    this.find(contender, first + call % KEYS_PER_TASK).await;
                }
            });
        }
        running.join_all().await;
        self.source.loads() == loads
    }

    pub(crate) async fn find(&self, contender: Contender, id: u64) {
        match contender {
            Contender::Raw => {
                let mut get = redis::cmd("GET");
                get.arg(format!("hand:profile:{id}"));
                let bytes = get
                    .query_async::<Option<Vec<u8>>>(&mut self.raw.clone())
                    .await;
                if !bytes.is_ok_and(|bytes| bytes.is_some()) {
                    let _ = self.source.load(id).await;
                }
            }
            Contender::ByHand => {
                assert!(
                    self.by_hand
                        .find(id)
                        .await
                        .is_ok_and(|found| found.is_some())
                );
            }
            Contender::Ours => assert!(self.ours.find(id).await.is_ok_and(|found| found.is_some())),
        }
    }

    pub(crate) async fn update(&self, contender: Contender, id: u64) {
        let found = self.ours.source.load(id).await;
        let profile = found.ok().flatten().expect("every profile exists");
        let updated = match contender {
            Contender::Raw => return,
            Contender::ByHand => self.by_hand.update(&profile).await,
            Contender::Ours => self.ours.update(&profile).await,
        };
        updated.expect("a source without errors");
    }
}

fn as_u64(number: usize) -> u64 {
    u64::try_from(number).expect("a small number")
}
