//! The bytes under a key. Older and newer releases share servers with this one: a change here is a cold start for every user, and
//! stands in the changelog under "stored formats".

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cached_redis_runtime::{cache_aside, write_through};
use cached_redis_tests::Server;
use redis::Value;
use serde::{Deserialize, Serialize};

use crate::common::World;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    shelf_id: u32,
    name: String,
    price: Option<u64>,
}

fn item(id: u32) -> Item {
    Item {
        shelf_id: id,
        name: "é".to_owned(),
        price: None,
    }
}

#[cache_aside(key = "msgpack:<id>", ttl = 3600, jitter = 0.0, layout = hash)]
async fn in_msgpack(id: u32) -> Item {
    item(id)
}

#[cache_aside(key = "json:<id>", ttl = 3600, jitter = 0.0, codec = json, layout = hash)]
async fn in_json(id: u32) -> Item {
    item(id)
}

#[cache_aside(key = "absent:<id>", ttl = 3600, none_ttl = 60, jitter = 0.0, layout = hash)]
async fn absent(id: u32) -> Option<Item> {
    (id == 0).then(|| item(id))
}

/// What lies under the key while the function runs.
#[cache_aside(key = "lease:<id>", ttl = 60, skip(server), layout = hash)]
async fn lease(id: u32, server: &Server) -> BTreeMap<String, String> {
    hash(server, &format!("lease:{id}"))
}

/// What lies under the key while the function runs.
#[write_through(key = "msgpack:<id>", layout = hash, field = Item.name, value = name)]
async fn rename(id: u32, name: &str, server: &Server) -> BTreeMap<String, String> {
    hash(server, &format!("msgpack:{id}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Fields as hex; of the header without what differs from load to load: nonce, time and cost.
fn hash(server: &Server, key: &str) -> BTreeMap<String, String> {
    let Value::Array(flat) = server.cli(&["HGETALL", key]) else {
        panic!("a hash")
    };
    let bytes = |value: &Value| match value {
        Value::BulkString(bytes) => bytes.clone(),
        other => panic!("bytes, not {other:?}"),
    };
    let fields = flat.chunks(2).map(|pair| {
        let (name, value) = (bytes(&pair[0]), bytes(&pair[1]));
        let text = match (&*name, value.len()) {
            (b"%", 40) => format!(
                "{} {} {}",
                hex(&value[..1]),
                hex(&value[17..27]),
                hex(&value[33..38])
            ),
            (b"%", 17) => hex(&value[..1]),
            _ => hex(&value),
        };
        (String::from_utf8(name).unwrap(), text)
    });
    fields.collect()
}

fn fields(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    let expected = expected.iter();
    expected
        .map(|(name, hex)| ((*name).to_owned(), (*hex).to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn golden_hashes() {
    let world = World::redis().await;
    let server = world.server();
    world
        .run(async {
            in_msgpack(1).await;
            in_json(1).await;
            absent(1).await;
            assert_eq!(lease(1, server).await, fields(&[("%", "fa")]));
        })
        .await;
    let msgpack = [
        ("%", "f8 01003efc313282dea433 000036ee80"),
        ("shelfId", "01"),
        ("name", "a2c3a9"),
        ("price", "c0"),
    ];
    assert_eq!(hash(server, "msgpack:1"), fields(&msgpack));
    let json = [
        ("%", "f8 02000f5de19ed03d2f2f 000036ee80"),
        ("shelfId", "310a"),
        ("name", "22c3a9220a"),
        ("price", "6e756c6c0a"),
    ];
    assert_eq!(hash(server, "json:1"), fields(&json));
    assert_eq!(
        hash(server, "absent:1"),
        fields(&[("%", "f9 01003efc313282dea433 000000ea60")])
    );
    // While one field is written, a lease stands in the header's place.
    let during = world.run(rename(1, "b", server)).await;
    let mut held = msgpack;
    held[0].1 = "fa";
    assert_eq!(during, fields(&held));
    let mut renamed = msgpack;
    renamed[2].1 = "a162";
    assert_eq!(hash(server, "msgpack:1"), fields(&renamed));
}
