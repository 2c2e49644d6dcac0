//! Every format through the whole way, and from one to another.

use cached_redis_runtime::{Format, Served, cache_aside, inspect};
use serde::{Deserialize, Serialize};

use crate::common::World;
use crate::on_every_store;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Page {
    title: String,
    tags: Vec<String>,
    parent: Option<Box<Page>>,
    views: u128,
}

fn page() -> Page {
    Page {
        title: "Caching".to_owned(),
        tags: vec!["redis".to_owned(), String::new()],
        parent: Some(Box::new(Page {
            title: "Home".to_owned(),
            tags: Vec::new(),
            parent: None,
            views: u128::MAX,
        })),
        views: 0,
    }
}

macro_rules! reader {
    ($name:ident, $codec:ident) => {
        #[cache_aside(key = "page", ttl = 60, codec = $codec)]
        async fn $name() -> Page {
            page()
        }
    };
}

reader!(as_msgpack, msgpack);
reader!(as_json, json);
reader!(as_postcard, postcard);
reader!(as_bincode, bincode);

#[cache_aside(key = "page", ttl = 60)]
async fn as_default() -> Page {
    page()
}

on_every_store! {
    async fn another_format_is_a_miss_that_heals(world: &World) {
        assert_eq!(inspect(as_msgpack()).await, (page(), Served::Miss));
        assert_eq!(inspect(as_msgpack()).await, (page(), Served::Hit));
        assert_eq!(inspect(as_default()).await, (page(), Served::Hit));
        assert_eq!(inspect(as_json()).await, (page(), Served::Miss));
        assert_eq!(inspect(as_json()).await, (page(), Served::Hit));
        assert_eq!(inspect(as_postcard()).await, (page(), Served::Miss));
        assert_eq!(inspect(as_postcard()).await, (page(), Served::Hit));
        assert_eq!(inspect(as_bincode()).await, (page(), Served::Miss));
        assert_eq!(inspect(as_bincode()).await, (page(), Served::Hit));
        assert_eq!(inspect(as_default()).await, (page(), Served::Miss));
        assert_eq!(world.family("page").mismatches, 4);
    }
}

#[tokio::test]
async fn the_cache_has_a_default_format() {
    let world = World::redis_with(|builder| builder.codec(Format::Json)).await;
    world
        .run(async {
            as_default().await;
            assert_eq!(inspect(as_json()).await.1, Served::Hit);
        })
        .await;
    let stored = world.server().get("page").unwrap();
    let json: serde_json::Value = serde_json::from_slice(&stored[40..]).unwrap();
    assert_eq!(json["title"], "Caching");
}
