//! `on_error = "fail"`: a write says that its entries could not be deleted. What makes a deletion fail on a server is in
//! `hazards/failed_deletions.rs`.

use cached_redis_runtime::{
    Cache, Error, ErrorKind, Served, cache_aside, cache_invalidate, inspect, transaction,
};
use cached_redis_tests::CountingLoader;
use futures_util::FutureExt as _;

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u64>;

#[derive(Debug, PartialEq)]
enum Failure {
    Cache(ErrorKind),
    Refused,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Cache(error.kind())
    }
}

type Written<T> = Result<T, Failure>;

#[cache_aside(key = "stock:<id>", ttl = 60, skip(source))]
async fn stock(source: &Source, id: u64) -> u64 {
    source.load().await
}

#[cache_invalidate(key = "stock:<id>", on_error = "fail")]
async fn set(source: &Source, id: u64, value: u64) -> Written<Option<u64>> {
    if value == 0 {
        return Err(Failure::Refused);
    }
    source.set(value);
    Ok((value > 1).then_some(id))
}

async fn served(source: &Source) -> (u64, Served) {
    inspect(stock(source, 1)).await
}

on_every_store! {
    async fn a_deletion_that_works_leaves_the_result_as_it_is(world: &World) {
        let source = Source::new(1);
        stock(&source, 1).await;
        assert_eq!(set(&source, 1, 2).await, Ok(Some(1)));
        assert_eq!(served(&source).await, (2, Served::Miss));
        assert_eq!(set(&source, 1, 1).await, Ok(None));
        assert_eq!(world.family("stock:<id>").invalidations, 2);
    }

    async fn the_errors_of_the_body_stay_what_they_are(_world: &World) {
        let source = Source::new(1);
        stock(&source, 1).await;
        assert_eq!(set(&source, 1, 0).await, Err(Failure::Refused));
        assert_eq!(served(&source).await, (1, Served::Hit));
    }

    async fn in_a_transaction_there_is_nothing_to_say_yet(_world: &World) {
        let source = Source::new(1);
        stock(&source, 1).await;
        assert_eq!(transaction(set(&source, 1, 2)).await, Ok(Some(1)));
        assert_eq!(served(&source).await, (2, Served::Miss));
    }
}

/// What nobody can send, nobody can promise either.
#[test]
fn outside_a_runtime_the_deletion_has_not_taken_place() {
    let inside = tokio::runtime::Runtime::new().unwrap();
    let cache = inside.block_on(Cache::connect("memory://")).unwrap();
    let source = Source::new(1);
    inside.block_on(cache.scope(stock(&source, 1)));

    let written = cache.scope(set(&source, 1, 2)).now_or_never();
    assert_eq!(written, Some(Err(Failure::Cache(ErrorKind::Unavailable))));
    assert_eq!(cache.stats().pending_deletes, 1);
    assert_eq!(inside.block_on(cache.scope(served(&source))).0, 2);
}
