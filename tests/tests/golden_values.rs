//! The bytes under a key, on a real server. Older and newer releases share servers with this one: a change here is a
//! cold start for every user, and stands in the changelog under "stored formats".

#[path = "common/mod.rs"]
mod common;

use std::fmt::Write as _;

use cached_redis_runtime::{cache_aside, cache_invalidate};
use cached_redis_tests::Server;
use serde::{Deserialize, Serialize};

use crate::common::World;

#[derive(Serialize, Deserialize)]
struct Item {
    id: u32,
    name: String,
    price: Option<u64>,
    kind: Kind,
}

#[derive(Serialize, Deserialize)]
enum Kind {
    Plain,
    Sized { w: u8, h: u8 },
}

fn item(id: u32) -> Item {
    let price = (id == 2).then_some(300);
    let kind = if id == 1 {
        Kind::Plain
    } else {
        Kind::Sized { w: 1, h: 2 }
    };
    Item {
        id,
        name: "é".to_owned(),
        price,
        kind,
    }
}

#[cache_aside(key = "msgpack:<id>", ttl = 3600, jitter = 0.0)]
async fn in_msgpack(id: u32) -> Item {
    item(id)
}

#[cache_aside(key = "json:<id>", ttl = 3600, jitter = 0.0, codec = json)]
async fn in_json(id: u32) -> Item {
    item(id)
}

#[cache_aside(key = "postcard:<id>", ttl = 3600, jitter = 0.0, codec = postcard)]
async fn in_postcard(id: u32) -> Item {
    item(id)
}

#[cache_aside(key = "bincode:<id>", ttl = forever, version = 2, codec = bincode)]
async fn in_bincode(id: u32) -> Item {
    item(id)
}

#[cache_aside(key = "absent:<id>", ttl = 3600, none_ttl = 60, jitter = 0.0)]
async fn absent(id: u32) -> Option<Item> {
    (id == 0).then(|| item(id))
}

/// What lies under the key while the function runs.
#[cache_aside(key = "lease:<id>", ttl = 60, skip(server))]
async fn lease(id: u32, server: &Server) -> Vec<u8> {
    server.get(&format!("lease:{id}")).expect("a lease")
}

/// What lies under the key while the function runs.
#[cache_invalidate(key = "guard:<id>", before)]
async fn guard(id: u32, server: &Server) -> Vec<u8> {
    server.get(&format!("guard:{id}")).expect("a guard")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An entry as text; what differs from load to load (nonce, time and cost) is only checked to be there.
fn entry(bytes: &[u8]) -> String {
    let (head, payload) = bytes.split_at(40);
    assert_ne!(head[1..17], [0; 16], "a nonce");
    let written = head[27..33]
        .iter()
        .fold(0_u64, |ms, &byte| ms << 8 | u64::from(byte));
    assert!(
        written > 1_700_000_000_000,
        "milliseconds since 1970: {written}"
    );
    let (state, fixed, life) = (&head[..1], &head[17..27], &head[33..38]);
    format!(
        "{} {} {} {}",
        hex(state),
        hex(fixed),
        hex(life),
        hex(payload)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn entries() {
    let world = World::redis().await;
    let stored = |key: &str| entry(&world.server().get(key).expect("an entry"));
    world
        .run(async {
            for id in [1, 2] {
                in_msgpack(id).await;
                in_json(id).await;
                in_postcard(id).await;
                in_bincode(id).await;
                absent(id).await;
            }
        })
        .await;
    // State; format, flags and fingerprint; life; payload.
    let expected: [(&str, &str); 6] = [
        (
            "msgpack:1",
            "f8 0100f7ea74155b3a3abc 000036ee80 84a2696401a46e616d65a2c3a9a57072696365c0a46b696e64a5506c61696e",
        ),
        (
            "msgpack:2",
            concat!(
                "f8 0100f7ea74155b3a3abc 000036ee80 ",
                "84a2696402a46e616d65a2c3a9a57072696365cd012ca46b696e6481a553697a",
                "656482a17701a16802",
            ),
        ),
        (
            "json:2",
            concat!(
                "f8 02007441544cd9a4ae13 000036ee80 ",
                "7b226964223a322c226e616d65223a22c3a9222c227072696365223a3330302c",
                "226b696e64223a7b2253697a6564223a7b2277223a312c2268223a327d7d7d0a",
            ),
        ),
        (
            "postcard:2",
            "f8 0300a47d5b296eb09b50 000036ee80 0202c3a901ac02010102",
        ),
        (
            "bincode:2",
            "f8 04006421af7c303b3d1c 0000000000 0202c3a901fb2c01010102",
        ),
        ("absent:1", "f9 0100f7ea74155b3a3abc 000000ea60 "),
    ];
    let found = expected.map(|(key, _)| (key, stored(key)));
    assert_eq!(found, expected.map(|(key, entry)| (key, entry.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease() {
    let world = World::redis().await;
    let bytes = world.run(lease(1, world.server())).await;
    assert_eq!(bytes.len(), 17);
    assert_eq!(bytes[0], 0xFA);
    let filled = world.server().get("lease:1").expect("an entry");
    assert_eq!(
        bytes[1..],
        filled[1..17],
        "the fill keeps the nonce of its lease"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard() {
    let world = World::redis().await;
    let bytes = world.run(guard(1, world.server())).await;
    assert_eq!(bytes.len(), 17 + 22, "one writer");
    assert_eq!(bytes[0], 0xFB);
    let (nonce, writer) = bytes[1..].split_at(16);
    let (token, until) = writer.split_at(16);
    assert!(nonce != [0; 16] && token != [0; 16] && nonce != token);
    let time = world.server().cli(&["TIME"]);
    let (seconds, _): (u64, u64) = redis::from_redis_value(time).expect("the server's clock");
    let until = until
        .iter()
        .fold(0_u64, |ms, &byte| ms << 8 | u64::from(byte));
    let left = until / 1000 - seconds;
    assert!(
        (5..=10).contains(&left),
        "10 s by the server's clock: {left}"
    );
}
