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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Text(String),
}

on_every_store! {
    async fn a_value_that_a_format_cannot_read_back_is_returned_and_not_stored(world: &World) {
        #[cache_aside(key = "untagged", ttl = 60, codec = postcard)]
        async fn positional() -> Untagged {
            Untagged::Text("a".to_owned())
        }

        #[cache_aside(key = "untagged:named", ttl = 60)]
        async fn named() -> Untagged {
            Untagged::Number(1)
        }

        for _ in 0..2 {
            assert_eq!(inspect(positional()).await, (Untagged::Text("a".to_owned()), Served::Miss));
        }
        assert_eq!(world.family("untagged").unstored, 2);
        named().await;
        assert_eq!(inspect(named()).await, (Untagged::Number(1), Served::Hit));
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
