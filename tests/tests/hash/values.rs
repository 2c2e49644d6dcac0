//! What can be kept by field, and what is returned and not stored.

use std::collections::BTreeMap;

use cached_redis_runtime::{Cache, Format, Served, cache_aside, inspect};
use serde::{Deserialize, Serialize};

use super::{find, source};
use crate::common::World;
use crate::on_every_store;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Page {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    #[serde(flatten)]
    rest: BTreeMap<String, u64>,
}

#[cache_aside(key = "page:<fields>", ttl = 60, layout = hash)]
async fn page(fields: u64) -> Page {
    Page {
        next: None,
        rest: (0..fields).map(|n| (format!("field {n}"), n)).collect(),
    }
}

#[cache_aside(key = "number", ttl = 60, layout = hash)]
async fn number() -> u64 {
    7
}

#[cache_aside(key = "tuple", ttl = 60, layout = hash)]
async fn tuple() -> (u64, u64) {
    (1, 2)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Reserved {
    #[serde(rename = "%")]
    share: u64,
}

#[cache_aside(key = "reserved", ttl = 60, layout = hash)]
async fn reserved() -> Reserved {
    Reserved { share: 3 }
}

on_every_store! {
    async fn maps_and_flattened_fields_and_many_of_them(_world: &World) {
        for fields in [0, 1, 5_000] {
            let (first, how) = inspect(page(fields)).await;
            assert_eq!(how, Served::Miss);
            assert_eq!(first.rest.len(), usize::try_from(fields).unwrap());
            assert_eq!(inspect(page(fields)).await, (first, Served::Hit));
        }
    }

    async fn what_has_no_fields_is_returned_and_not_stored(world: &World) {
        for _ in 0..2 {
            assert_eq!(inspect(number()).await, (7, Served::Miss));
            assert_eq!(inspect(tuple()).await, ((1, 2), Served::Miss));
            assert_eq!(inspect(reserved()).await, (Reserved { share: 3 }, Served::Miss));
        }
        assert_eq!(world.family("number").unstored, 2);
        assert_eq!(world.family("reserved").unstored, 2);
        assert_eq!(world.cache.stats().under_way, 0);
    }
}

#[tokio::test]
async fn where_the_cache_writes_without_names_hashes_have_them_all_the_same() {
    let builder = Cache::builder("memory://").codec(Format::Postcard);
    let cache = builder.connect().await.unwrap();
    let source = source("Ada");
    cache
        .scope(async {
            assert_eq!(inspect(find(source.clone(), 1)).await.1, Served::Miss);
            assert_eq!(inspect(find(source.clone(), 1)).await.1, Served::Hit);
        })
        .await;
}
