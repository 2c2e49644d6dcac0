//! `ReadThrough`: one loader for all entries of a family, configured once and used everywhere.

#[cfg(feature = "catalogue")]
mod listing;
mod many;
mod settings;
mod sites;

use core::any::type_name;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::panic::Location;
use core::pin::Pin;
use core::time::Duration;
use std::collections::HashMap;

use super::Cache;
use super::around::refresh;
use super::call::{Call, cache_aside};
use super::global::explicit;
use crate::error::Error;
use crate::key::{Constructor, Key, KeyFamily, Loadable};
use crate::shape::rows::Around;
use crate::shape::{Leaf, Returns};
use crate::site::Site;
use crate::sync::Arc;
use crate::ttl::{Keep, Lifetimes};
use settings::Settings;
use sites::Constants;

/// What a family's loader is asked for, owned.
pub(super) type Id<F> = <<F as Loadable>::Args as ToOwned>::Owned;

/// A value as the loader returns it: `V` or `Arc<V>`.
type Held<F, R> = <<R as Returns<<F as KeyFamily>::Value>>::Leaf as Leaf>::Held;

/// What is around a value: nothing, or a `Result`.
type AroundOf<F, R> = <R as Returns<<F as KeyFamily>::Value>>::Around;

/// What [`ReadThrough::get_many`] returns.
type Many<F, R> = <AroundOf<F, R> as Around>::Output<HashMap<Id<F>, Held<F, R>>>;

type Loading<T> = Pin<Box<dyn Future<Output = T> + Send>>;

type Loader<I, T> = Arc<dyn Fn(I) -> Loading<T> + Send + Sync>;

type ManyLoader<F, R> = Loader<Vec<Id<F>>, Many<F, R>>;

/// How long a value lives that says so itself.
type Lives<V> = Arc<dyn Fn(&V) -> Keep + Send + Sync>;

#[doc = include_str!("../../../docs/read_through.md")]
#[must_use = "a loader does nothing until it is asked"]
pub struct ReadThrough<F, R>
where
    F: Loadable<Args: ToOwned>,
    R: Returns<F::Value>,
{
    cache: Cache,
    settings: Settings,
    site: &'static Site,
    loader: Loader<Id<F>, R>,
    many: Option<ManyLoader<F, R>>,
    lives: Option<Lives<F::Value>>,
    family: PhantomData<fn() -> F>,
}

impl Cache {
    /// One loader for all entries of a key family: configured once, and used wherever the entries are needed.
    ///
    /// `family` is the name that [`key_family!`](macro@crate::key_family) declares. `ttl` is how long a value lives, shortened by
    /// up to a tenth of it ([`ReadThrough::jitter`]); with [`Duration::MAX`] it lives until it is invalidated.
    ///
    /// `loader` is given the family's argument as an owned value: a `String` where it is `&str`, a tuple where there are
    /// several, `()` where there are none. It returns the value that the family names, in `Result`, `Option` and `Arc` as a
    /// cached function does. Where a loader needs a pool, it keeps a clone of it.
    ///
    /// # Panics
    /// If `ttl` is zero: such an entry could never be read.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use cached_redis_runtime::{Cache, ReadThrough, key_family};
    ///
    /// key_family! {
    ///     /// A country's name by its code.
    ///     pub CountryName(code: &str) -> String = "country:<code>";
    /// }
    ///
    /// async fn look_up(code: String) -> Result<Option<String>, std::io::Error> {
    ///     Ok((code == "de").then(|| "Germany".to_owned()))
    /// }
    ///
    /// struct Shipping {
    ///     countries: ReadThrough<CountryName<'static>, Result<Option<String>, std::io::Error>>,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::connect("memory://").await?;
    /// let shipping = Shipping {
    ///     countries: cache
    ///         .read_through(CountryName, Duration::from_secs(3600), look_up)
    ///         .none_ttl(Duration::from_secs(60)),
    /// };
    /// assert_eq!(shipping.countries.get("de").await?.as_deref(), Some("Germany"));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn read_through<M, A, F, R, L, Fut>(
        &self,
        family: M,
        ttl: Duration,
        loader: L,
    ) -> ReadThrough<F, R>
    where
        M: Constructor<A, Family = F>,
        F: Loadable<Args: ToOwned>,
        L: Fn(Id<F>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: Returns<F::Value>,
    {
        // It has said which family.
        drop(family);
        assert!(
            !ttl.is_zero(),
            "`ttl` must not be zero: such an entry could never be read"
        );
        let lifetimes = match ttl {
            Duration::MAX => Lifetimes::forever(),
            ttl => Lifetimes::ttl(ttl),
        };
        let constants = Constants {
            path: path(type_name::<F>()),
            template: F::TEMPLATE,
            literals: F::LITERALS,
            at: Location::caller(),
            version: 1,
            jitter: 0.1,
            format: None,
            max_loads: None,
        };
        let made = ReadThrough {
            cache: self.clone(),
            site: constants.site(),
            settings: Settings {
                constants,
                lifetimes,
                ttl,
                per_value: false,
                none_ttl: None,
            },
            loader: Arc::new(move |id| Box::pin(loader(id))),
            many: None,
            lives: None,
            family: PhantomData,
        };
        #[cfg(feature = "catalogue")]
        made.enter();
        made
    }
}

/// A family's name without the lifetime of its members.
fn path(type_name: &'static str) -> &'static str {
    type_name
        .split_once('<')
        .map_or(type_name, |(path, _)| path)
}

impl<F, R> ReadThrough<F, R>
where
    F: Loadable<Args: ToOwned>,
    R: Returns<F::Value>,
{
    /// The entry of `id`: from the cache, or by the loader, which runs once however many ask.
    ///
    /// # Errors
    /// The loader's own, which are never cached.
    ///
    /// # Cancel safety
    /// Nothing is lost: a caller who waits takes over, or the right to load is given back.
    ///
    /// # Concurrent calls on the same key
    /// One loads, in all processes, and the others share the result. This holds for cached functions of the same family, too.
    ///
    /// # When Redis is down
    /// The loader runs, after one deadline at most, and nothing is stored. Callers who come meanwhile share the next load.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::{Cache, Served, inspect, key_family};
    /// # key_family! { pub Square(n: u64) -> u64 = "square:<n>"; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let squares = cache.read_through(Square, Duration::from_secs(60), async |n| n * n);
    /// assert_eq!(inspect(squares.get(&3)).await, (9, Served::Miss));
    /// assert_eq!(inspect(squares.get(&3)).await, (9, Served::Hit));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get(&self, id: &F::Args) -> R {
        self.read(id, async { (self.loader)(id.to_owned()).await })
            .await
    }

    /// Loads anew and stores the result: [`refresh`](crate::refresh)`(self.get(id))`.
    ///
    /// # Errors
    /// The loader's own. The old entry then stays.
    ///
    /// # Cancel safety
    /// The old entry stays.
    ///
    /// # Concurrent calls on the same key
    /// Others are served the old entry until the new one is there. An invalidation meanwhile wins: the value is then returned
    /// and not stored.
    ///
    /// # When Redis is down
    /// The loader runs, nothing is stored.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::{Cache, key_family};
    /// # key_family! { pub Rate(currency: &str) -> f64 = "rate:<currency>"; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let rates = cache.read_through(Rate, Duration::from_secs(3600), async |_currency| 1.08);
    /// rates.refresh("EUR").await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refresh(&self, id: &F::Args) -> R {
        refresh(self.get(id)).await
    }

    /// Stores what `load` gives, in place of what the loader would: for a value that comes by another way, such as one of a
    /// list.
    ///
    /// It takes a future and not a value, because a value at hand was read before the right to store it was had. Had somebody
    /// written in between, a value from before that write would be stored after it. The future runs once the right is there, and
    /// what it reads is stored only if nobody has invalidated the entry since.
    ///
    /// # Errors
    /// The future's own. The old entry then stays.
    ///
    /// # Cancel safety
    /// The old entry stays.
    ///
    /// # Concurrent calls on the same key
    /// As for [`refresh`](Self::refresh).
    ///
    /// # When Redis is down
    /// The future runs, nothing is stored.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::{Cache, key_family};
    /// # key_family! { pub Name(id: u64) -> String = "name:<id>"; }
    /// # async fn by_mail(_address: &str) -> String { "Ada".to_owned() }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let names = cache.read_through(Name, Duration::from_secs(60), async |id| format!("user {id}"));
    /// names.prime(&7, by_mail("ada@example.com")).await;
    /// assert_eq!(names.get(&7).await, "Ada");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn prime(&self, id: &F::Args, load: impl Future<Output = R>) -> R {
        refresh(self.read(id, load)).await
    }

    /// Deletes the entry of `id`: after a write that no annotated function makes.
    ///
    /// # Errors
    /// When the server could not be asked; see [`Cache::invalidate`], which this is.
    ///
    /// # Cancel safety
    /// The entry counts as not deleted yet: it is bypassed and deleted in the background.
    ///
    /// # Concurrent calls on the same key
    /// A load that began before keeps its result for its callers and does not store it.
    ///
    /// # When Redis is down
    /// Returns an error. This process does not use the entry until it has been deleted.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::{Cache, key_family};
    /// # key_family! { pub Name(id: u64) -> String = "name:<id>"; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// # let names = cache.read_through(Name, Duration::from_secs(60), async |id| format!("user {id}"));
    /// names.invalidate(&7).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn invalidate(&self, id: &F::Args) -> Result<(), Error> {
        self.cache.invalidate(self.key(id)).await
    }

    /// The key of an entry.
    pub fn key(&self, id: &F::Args) -> Key {
        F::of(id).key()
    }

    async fn read(&self, id: &F::Args, load: impl Future<Output = R>) -> R {
        let call = Call::begin(
            self.site,
            explicit(&self.cache),
            true,
            self.settings.lifetimes,
            F::of(id).segments().as_ref(),
        );
        cache_aside(call, R::shape(), |value| self.keep(value), || load).await
    }

    /// Whatever a loader returns is stored, unless it says that it does not live.
    fn keep(&self, value: &F::Value) -> Keep {
        match &self.lives {
            Some(lives) => lives(value),
            None => Keep::USUAL,
        }
    }

    /// With other settings the site is another one.
    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        #[cfg(feature = "catalogue")]
        self.leave();
        change(&mut self.settings);
        self.site = self.settings.constants.site();
        #[cfg(feature = "catalogue")]
        self.enter();
        self
    }
}

impl<F, R> Clone for ReadThrough<F, R>
where
    F: Loadable<Args: ToOwned>,
    R: Returns<F::Value>,
{
    fn clone(&self) -> Self {
        let clone = Self {
            cache: self.cache.clone(),
            settings: self.settings,
            site: self.site,
            loader: Arc::clone(&self.loader),
            many: self.many.clone(),
            lives: self.lives.clone(),
            family: PhantomData,
        };
        // A clone may be given other settings, and then leaves this one's place in the catalogue.
        #[cfg(feature = "catalogue")]
        clone.enter();
        clone
    }
}

impl<F, R> fmt::Debug for ReadThrough<F, R>
where
    F: Loadable<Args: ToOwned>,
    R: Returns<F::Value>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadThrough")
            .field("template", &F::TEMPLATE)
            .field("ttl", &self.settings.ttl)
            .finish_non_exhaustive()
    }
}
