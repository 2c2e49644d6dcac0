//! Many entries of a `ReadThrough` at once.

use core::borrow::Borrow as _;
use core::hash::Hash;
use std::collections::HashMap;

use super::{AroundOf, Id, Many, ReadThrough};
use crate::cache::batch::{BatchCall, cache_aside_each};
use crate::cache::global::explicit;
use crate::cache::invalidation::TemplateKey;
use crate::key::{KeyFamily as _, Loadable};
use crate::shape::rows::{Around as _, Batched};
use crate::shape::{Asked, ReturnedRows, Returns};

impl<F, R> ReadThrough<F, R>
where
    F: Loadable<Args: ToOwned>,
    R: Returns<F::Value>,
{
    /// The entries of many ids, with one command for those that are cached; in a `HashMap`, which is in a `Result` if that is
    /// what the loader returns. An id that there is nothing for is not in it.
    ///
    /// What is not cached is loaded by the loader given to [`many`](Self::many), in one call. Without one, the other loader is
    /// called for one id after another.
    ///
    /// # Errors
    /// The loader's own. Nothing is then stored of what this call has loaded.
    ///
    /// # Cancel safety
    /// Nothing is lost: callers who wait take over, or the rights to load are given back.
    ///
    /// # Concurrent calls on the same key
    /// Of several equal calls that miss at once, one loads. An id that another call is loading already is loaded along and not
    /// stored, so that calls never wait for each other in a circle.
    ///
    /// # When Redis is down
    /// All ids are loaded, nothing is stored, and loads are not shared with other calls.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::{Cache, key_family};
    /// # key_family! { pub Square(n: u64) -> u64 = "square:<n>"; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let squares = cache.read_through(Square, Duration::from_secs(60), async |n| n * n);
    /// let found = squares.get_many(&[2, 3]).await;
    /// assert_eq!(found[&3], 9);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_many(&self, ids: &[Id<F>]) -> Many<F, R>
    where
        Id<F>: Clone + Eq + Hash,
    {
        let call = BatchCall::begin(
            self.site,
            explicit(&self.cache),
            true,
            self.settings.lifetimes,
            ids,
            |id, keys| {
                let member = F::of(id.borrow());
                let segments = member.segments();
                keys.push(&TemplateKey::new(F::LITERALS, segments.as_ref()));
            },
        );
        let rows: ReturnedRows<R, F::Value, HashMap<_, _>> = Batched::new();
        let load = async |mut asked: Asked<&[Id<F>]>| self.load(asked.view()).await;
        cache_aside_each(call, rows, |value| self.keep(value), load).await
    }

    async fn load(&self, ids: &[Id<F>]) -> Many<F, R>
    where
        Id<F>: Clone + Eq + Hash,
    {
        if let Some(many) = &self.many {
            return many(ids.to_vec()).await;
        }
        let mut rows = HashMap::with_capacity(ids.len());
        for id in ids {
            let row = (self.loader)(id.clone()).await.row();
            match AroundOf::<F, R>::open(row) {
                Ok(Some(held)) => {
                    rows.insert(id.clone(), held);
                }
                Ok(None) => {}
                Err(failed) => return failed,
            }
        }
        AroundOf::<F, R>::wrap(rows)
    }
}
