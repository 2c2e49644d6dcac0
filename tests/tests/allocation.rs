//! Hostile bytes make no decoder allocate more than an entry may have: with a capped allocator, the process would abort.

#[path = "common/mod.rs"]
mod common;

use std::alloc::System;

use cached_redis_runtime::{Served, cache_aside, inspect};
use cap::Cap;
use serde::{Deserialize, Serialize};

use self::common::World;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What every entry may have, and no more than that on top of what is there.
const LIMIT: usize = 16 << 20;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wide {
    list: Vec<(u64, u64, u64, u64)>,
    text: String,
    map: std::collections::HashMap<u64, [u64; 8]>,
    units: Vec<()>,
}

fn wide() -> Wide {
    Wide {
        list: vec![(1, 2, 3, 4)],
        text: "t".to_owned(),
        map: [(1, [1; 8])].into(),
        units: vec![()],
    }
}

macro_rules! reader {
    ($name:ident, $codec:ident) => {
        #[cache_aside(key = "wide", ttl = 60, codec = $codec)]
        async fn $name() -> Wide {
            wide()
        }
    };
}

reader!(as_msgpack, msgpack);
reader!(as_json, json);
reader!(as_postcard, postcard);
reader!(as_bincode, bincode);

/// Every prefix of a good payload, followed by lengths that promise more than any machine has.
fn hostile(payload: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let lengths: [&[u8]; 6] = [
        &[0xDD, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0xDF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0xDB, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        &[0xFC, 0xFF, 0xFF, 0xFF, 0x7F],
    ];
    let prefixes: Vec<Vec<u8>> = (0..payload.len()).map(|n| payload[..n].to_vec()).collect();
    prefixes
        .into_iter()
        .flat_map(move |prefix| lengths.map(|length| [prefix.as_slice(), length].concat()))
}

#[tokio::test]
async fn hostile_lengths_allocate_nothing_to_speak_of() {
    macro_rules! check {
        ($read:ident) => {{
            let world = World::redis().await;
            world.run($read()).await;
            let good = world.server().get("wide").expect("stored");
            for payload in hostile(&good[40..]) {
                let entry = [&good[..40], &payload].concat();
                world.server().set("wide", &entry);
                ALLOCATOR
                    .set_limit(ALLOCATOR.allocated() + LIMIT)
                    .expect("a limit above what is allocated");
                let (value, served) = world.run(inspect($read())).await;
                ALLOCATOR.set_limit(usize::MAX).expect("no limit");
                assert_eq!((value, served), (wide(), Served::Miss), "{payload:02X?}");
            }
        }};
    }
    check!(as_msgpack);
    check!(as_json);
    check!(as_postcard);
    check!(as_bincode);
}

#[test]
fn the_allocator_counts() {
    assert!(
        ALLOCATOR.set_limit(1).is_err(),
        "more than that is allocated"
    );
}
