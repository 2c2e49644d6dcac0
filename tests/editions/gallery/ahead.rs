//! Functions whose entries are reloaded before they expire, or answer for a while after.

use std::borrow::Cow;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cached_redis_runtime::{CacheKey, cache_aside, write_through};
use futures_util::future::{BoxFuture, FutureExt, join, ready};

use super::body;

type Result<T> = std::result::Result<T, String>;

#[derive(Clone)]
struct Repo {
    tenant: u64,
    names: Arc<[&'static str]>,
}

/// Not `Clone`, and need not be.
struct Request {
    id: u64,
    team: Option<u64>,
}

impl Repo {
    const STALE: Duration = Duration::from_secs(300);
    const SHARE: f64 = 0.75;
    const EARLY: f64 = 2.0;

    /// The body borrows what it likes.
    #[cache_aside(key = "stale:<self.tenant>:<name>", ttl = 60, stale = "5m")]
    async fn stale(&mut self, name: &str) -> Result<Option<u64>> {
        body();
        self.tenant += 1;
        tokio::task::yield_now().await;
        Ok(name.bytes().last().map(u64::from))
    }

    #[cache_aside(key = "early:<self.tenant>", ttl = 60, early = 1, tags("tenant:<self.tenant>"), unless = |tenant| *tenant == 0)]
    async fn early(&self) -> u64 {
        body();
        self.tenant
    }

    #[cache_aside(key = "constants:<id>", ttl = 60, none_ttl = 5, stale = Self::STALE, early = Self::EARLY, max_loads = 4)]
    async fn constants(&self, id: u64) -> Option<u64> {
        body();
        id.checked_sub(self.tenant)
    }

    #[cache_aside(
        key = "ahead:<self.tenant>:<id>",
        ttl = 60,
        refresh_ahead = Self::SHARE
    )]
    async fn ahead(&self, id: u64) -> Result<u64> {
        body();
        if id == 0 {
            return Err(format!("{}: {:?}", id, self.names));
        }
        let sum = self.plus(id).await?;
        Ok(sum)
    }

    async fn plus(&self, id: u64) -> Result<u64> {
        tokio::task::yield_now().await;
        self.tenant
            .checked_add(id)
            .ok_or_else(|| self.names.join(","))
    }

    #[cache_aside(
        key = "everything:<self.tenant>:<request.id>:<suffix>",
        ttl = 60,
        stale = 5,
        refresh_ahead = 0.8,
        soft_timeout = "200ms",
        tags("team:<request.team>", "tenant:<self.tenant>"),
        unless = |sum| *sum == 0,
        when = self.tenant != 1
    )]
    async fn everything(&self, request: Request, mut suffix: String) -> u64 {
        body();
        let Request { id, team } = request;
        suffix.push_str(self.names[0]);
        let sum = [self.tenant, id].iter().sum::<u64>() + team.unwrap_or(0);
        sum + suffix
            .chars()
            .filter(|&c| self.names[0].contains(c))
            .count() as u64
    }

    #[cache_aside(key = "sliding:<self.tenant>:<name>", ttl = 60, none_ttl = 5, sliding)]
    async fn sliding(&self, name: &str) -> Result<Option<String>> {
        body();
        Ok(self.names.contains(&name).then(|| name.to_owned()))
    }

    /// What the body does not touch may be borrowed, and what has no end may be a reference.
    #[cache_aside(
        key = "untouched:<name>:<id>",
        ttl = 60,
        refresh_ahead = 0.5,
        skip(_, word),
        when = self.called()
    )]
    async fn untouched(&mut self, name: &str, id: u64, _: &Self, word: &'static str) -> usize {
        body();
        let _ = id;
        word.len()
    }

    const fn called(&mut self) -> bool {
        self.tenant += 1;
        self.tenant > 1
    }

    #[cache_aside(
        key = "patterns:<left>:<right>",
        ttl = 60,
        refresh_ahead = 0.5,
        skip(parse, title)
    )]
    async fn patterns(
        &self,
        (left, mut right): (u64, u64),
        parse: fn(&str) -> usize,
        title: Cow<'static, str>,
    ) -> u64 {
        body();
        right += left + self.tenant;
        right + parse(&title) as u64
    }

    /// Whose `self` is whose.
    #[cache_aside(key = "selves:<self.tenant>", ttl = 60, refresh_ahead = 0.5)]
    async fn selves(&self) -> u64 {
        use self::inside::{Number, two as more};

        trait Twice {
            fn twice(&self) -> u64;
        }

        impl Twice for u64 {
            fn twice(&self) -> u64 {
                *self * 2
            }
        }

        macro_rules! tenant {
            ($repo:expr) => {
                $repo.tenant + self.tenant
            };
        }

        struct Of<const N: usize>;

        impl Twice for Of<{ 1 + 1 }> {
            fn twice(&self) -> u64 {
                let Self = *self;
                2
            }
        }

        body();
        let Self { tenant, .. } = self;
        let add = |n: u64| n + self.tenant;
        let of: fn(&Self) -> u64 = |repo| repo.tenant;
        let (one, two) = join(async { self.tenant }, async { of(self) }).await;
        let all = [self.tenant.twice(), Of::<2>.twice(), add(1), *tenant];
        let number: Number = all.iter().sum();
        number + one + two + tenant!(self) + more()
    }

    #[cache_aside(key = "arc:<self.tenant>", ttl = 60, refresh_ahead = 0.5)]
    async fn by_arc(self: Arc<Self>) -> u64 {
        body();
        let this = Self::clone(&self);
        this.tenant + self.tenant
    }

    #[cache_aside(key = "arc-reference:<self.tenant>", ttl = 60, refresh_ahead = 0.5)]
    async fn by_reference_to_arc(self: &Arc<Self>) -> u64 {
        body();
        let this = Arc::clone(self);
        tokio::task::yield_now().await;
        this.tenant
    }

    #[cache_aside(key = "value:<self.tenant>:<id>", ttl = 60, refresh_ahead = 0.5)]
    async fn by_value(mut self, id: u64) -> u64 {
        body();
        self.tenant += id;
        self.tenant
    }

    #[cache_aside(key = "opaque:<self.tenant>:<id>", ttl = 60, refresh_ahead = 0.5)]
    fn opaque(&self, id: u64) -> impl Future<Output = u64> + Send + '_ {
        let name = self.names[0];
        async move {
            body();
            self.tenant + id + name.len() as u64
        }
    }

    #[cache_aside(key = "boxed:<self.tenant>:<id>", ttl = 60, refresh_ahead = 0.5)]
    fn boxed(&self, id: u64) -> BoxFuture<'_, u64> {
        async move {
            body();
            self.tenant + id
        }
        .boxed()
    }

    #[cache_aside(key = "pinned:<id>", ttl = 60, refresh_ahead = 0.5)]
    fn pinned<'a>(&'a self, id: String) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
        if id.is_empty() {
            body();
            return Box::pin(ready(0));
        }
        Box::pin(async move {
            body();
            id.len() + self.names.len()
        })
    }

    #[write_through(key = "ahead:<self.tenant>:<id>", ttl = 60, stale = Self::STALE)]
    async fn write(&mut self, id: u64) -> Result<u64> {
        body();
        self.tenant.checked_add(id).ok_or_else(String::new)
    }
}

mod inside {
    pub(super) type Number = u64;

    pub(super) const fn two() -> Number {
        2
    }
}

#[cache_aside(
    key = "generic:<id>",
    ttl = 60,
    refresh_ahead = 0.5,
    skip(T, N, name, missing, present)
)]
async fn generic<T, const N: usize>(
    id: T,
    name: impl Display + Send + 'static,
    #[cfg(any())] missing: &str,
    #[cfg(not(any()))] present: [u8; N],
) -> Vec<T>
where
    T: CacheKey + Clone + Send + Sync + 'static + serde::Serialize + serde::de::DeserializeOwned,
{
    body();
    let _ = (name.to_string(), present);
    vec![id]
}

#[async_trait]
trait Users: Clone + Send + Sync + 'static {
    async fn find(&self, id: u64, name: String) -> Result<Option<String>>;

    async fn shared(self: Arc<Self>, pair: (u64, u64)) -> u64;

    fn tenant(&self) -> u64;

    /// A default method.
    #[cache_aside(key = "count:<min>", ttl = 60, refresh_ahead = 0.5)]
    async fn count(&self, min: u64) -> u64 {
        body();
        self.tenant() + min
    }
}

#[async_trait]
impl Users for Repo {
    #[cache_aside(
        key = "user:<self.tenant>:<id>",
        ttl = 60,
        refresh_ahead = 0.5,
        skip(name)
    )]
    async fn find(&self, id: u64, mut name: String) -> Result<Option<String>> {
        body();
        if id == 0 {
            return Err(name);
        }
        name.push_str(&self.tenant.to_string());
        Ok(Some(name))
    }

    #[cache_aside(
        key = "shared:<self.tenant>",
        ttl = 60,
        refresh_ahead = 0.5,
        skip(pair)
    )]
    async fn shared(self: Arc<Self>, pair: (u64, u64)) -> u64 {
        body();
        let (left, right) = pair;
        self.tenant + left + right
    }

    fn tenant(&self) -> u64 {
        self.tenant
    }
}

trait Native {
    fn get(&self, id: u64) -> impl Future<Output = u64> + Send;
}

impl<T: Users> Native for T {
    #[cache_aside(key = "native:<id>", ttl = 60, refresh_ahead = 0.5)]
    async fn get(&self, id: u64) -> u64 {
        body();
        self.count(id).await
    }
}

fn repo() -> Repo {
    Repo {
        tenant: 7,
        names: Arc::new(["a", "b"]),
    }
}

const fn request(id: u64) -> Request {
    Request { id, team: Some(1) }
}

shapes! {
    stale { apart!(repo().stale("a"), repo().stale("ab")); }
    early { hit!(repo().early()); }
    constants { apart!(repo().constants(1), repo().constants(9)); }
    ahead { assert_eq!(hit!(repo().ahead(1)), Ok(8)); }
    everything { assert_eq!(hit!(repo().everything(request(1), "abc".to_owned())), 11); }
    sliding { apart!(repo().sliding("a"), repo().sliding("c")); }
    untouched { hit!(repo().untouched("a", 1, &repo(), "word")); }
    patterns { assert_eq!(hit!(repo().patterns((1, 2), str::len, Cow::Borrowed("abc"))), 13); }
    selves { assert_eq!(hit!(repo().selves()), 61); }
    by_arc { hit!(Arc::new(repo()).by_arc()); }
    by_reference_to_arc { hit!(Arc::new(repo()).by_reference_to_arc()); }
    by_value { hit!(repo().by_value(1)); }
    opaque { assert_eq!(hit!(repo().opaque(1)), 9); }
    boxed { hit!(repo().boxed(1)); }
    pinned { apart!(repo().pinned("a".to_owned()), repo().pinned(String::new())); }
    written {
        assert_eq!(repo().write(1).await, Ok(8));
        let before = super::bodies();
        assert_eq!(repo().ahead(1).await, Ok(8));
        assert_eq!(super::bodies(), before);
    }
    generic { hit!(generic::<u64, 1>(1, 'a', [0])); }
    async_trait { hit!(Users::find(&repo(), 1, "a".to_owned())).unwrap(); }
    async_trait_by_arc { assert_eq!(hit!(Arc::new(repo()).shared((1, 2))), 10); }
    async_trait_default { hit!(repo().count(1)); }
    native_trait { assert_eq!(repo().get(1).await, 8); }
}
