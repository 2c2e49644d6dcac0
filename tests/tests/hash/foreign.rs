//! Whatever lies under a key, the function answers rightly. What may be replaced heals; what is somebody else's is left alone.

use cached_redis_runtime::{Served, cache_aside, field, field_of, inspect, write_through};
use redis::Value;

use super::{User, find, rename, source, user};
use crate::common::World;

#[cache_aside(key = "u", ttl = 60, layout = hash)]
async fn by_field() -> User {
    user("Ada")
}

#[cache_aside(key = "u", ttl = 60)]
async fn as_string() -> User {
    user("Ada")
}

#[cache_aside(key = "u", ttl = 60, layout = hash, version = 2)]
async fn of_another_version() -> User {
    user("Ada")
}

#[write_through(key = "u", ttl = 60)]
async fn write_string() -> User {
    user("Ada")
}

#[write_through(key = "u", ttl = 60, layout = hash)]
async fn write_hash() -> User {
    user("Ada")
}

async fn heals(world: &World, what: &str) {
    world
        .run(async {
            let name = field_of(by_field(), field!(User.full_name)).await;
            assert_eq!(name, "Ada", "{what}");
            assert_eq!(
                inspect(by_field()).await,
                (user("Ada"), Served::Hit),
                "{what}"
            );
        })
        .await;
}

/// The function answers, nothing changes, and it is counted.
async fn is_left_alone(world: &World, command: &[&str]) {
    world.server().run(&["DEL", "u"]);
    world.server().run(command);
    let before = world.server().cli(&["DUMP", "u"]);
    let foreign = world.family("u").foreign;
    world
        .run(async {
            assert_eq!(inspect(by_field()).await, (user("Ada"), Served::Uncached));
            assert_eq!(field_of(by_field(), field!(User.full_name)).await, "Ada");
        })
        .await;
    assert_eq!(world.server().cli(&["DUMP", "u"]), before, "{command:?}");
    assert_eq!(world.family("u").foreign, foreign + 2);
}

#[tokio::test]
async fn somebody_elses_hash_list_or_set_is_left_alone() {
    let world = World::redis().await;
    is_left_alone(&world, &["HSET", "u", "name", "Eve"]).await;
    is_left_alone(&world, &["RPUSH", "u", "x"]).await;
    is_left_alone(&world, &["SADD", "u", "x"]).await;
    // A write deletes what it changes, whatever it is: its own key, said aloud.
    world.run(write_hash()).await;
    assert_eq!(world.run(inspect(by_field())).await.1, Served::Miss);
}

#[tokio::test]
async fn strings_are_replaced() {
    let world = World::redis().await;
    let strings: [&[u8]; 6] = [
        b"",
        b"x",
        b"{\"id\":1}",
        b"\xF8",
        b"\xFA0123456789abcde",
        &[0xF8; 100],
    ];
    for (n, bytes) in strings.iter().enumerate() {
        world.server().set("u", bytes);
        heals(&world, &format!("string {n}")).await;
    }
}

#[tokio::test]
async fn the_two_layouts_never_take_one_for_the_other() {
    let world = World::redis().await;
    world.run(as_string()).await;
    heals(&world, "a string of ours").await;
    // A string's function leaves hashes alone, and goes on without the cache until an invalidation.
    assert_eq!(
        world.run(inspect(as_string())).await,
        (user("Ada"), Served::Uncached)
    );
    heals(&world, "a hash of ours").await;
    // Either write leaves nothing that the other layout could not get rid of.
    world.run(write_string()).await;
    world.run(as_string()).await;
    assert_eq!(world.run(inspect(as_string())).await.1, Served::Hit);
    world.run(write_hash()).await;
    assert_eq!(world.run(inspect(by_field())).await.1, Served::Hit);
}

#[tokio::test]
async fn another_version_is_a_miss_and_no_field_of_it_is_read_or_written() {
    let world = World::redis().await;
    heals(&world, "the first").await;
    world
        .run(async {
            let name = || field_of(of_another_version(), field!(User.full_name));
            assert_eq!(inspect(name()).await.1, Served::Miss);
            assert_eq!(inspect(name()).await.1, Served::Hit);
        })
        .await;
    heals(&world, "the first again").await;
}

#[tokio::test]
async fn hostile_fields_are_misses_that_heal() {
    let world = World::redis().await;
    heals(&world, "nothing").await;
    let header = world.server().cli(&["HGET", "u", "%"]);
    let Value::BulkString(header) = header else {
        panic!("a header")
    };
    let mut connection = world.server().connection().unwrap();
    let mut set = |name: &str, bytes: &[u8]| {
        let mut command = redis::cmd("HSET");
        command.arg("u").arg(name).arg(bytes);
        command.exec(&mut connection).unwrap();
    };
    for length in 0..header.len() {
        set("%", &header[..length]);
        heals(&world, &format!("header of {length}")).await;
    }
    set("%", &[&header[..], b"x"].concat());
    heals(&world, "header and more").await;
    let (mut leased, mut absent) = (header.clone(), header.clone());
    leased[0] = 0xFA;
    absent[0] = 0xF9;
    set("%", &leased);
    heals(&world, "a lease that is too long").await;
    set("%", &absent);
    heals(&world, "a not found that has fields").await;
    let payloads: [&[u8]; 6] = [
        b"",
        &[0xFF; 64],
        &[0xDD, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0xDF, 0x7F, 0xFF, 0xFF, 0xFF, 0x01],
        &vec![0x91; 100_000],
        b"\xa3Adax",
    ];
    for payload in payloads {
        set("fullName", payload);
        heals(&world, "a hostile value").await;
    }
    world.server().run(&["HDEL", "u", "fullName"]);
    heals(&world, "a field less").await;
    // As any decoder of ours does with what it does not know.
    set("more", b"\x01");
    heals(&world, "a field more").await;
}

#[tokio::test]
async fn a_write_of_a_field_heals_as_well() {
    let world = World::redis().await;
    let source = source("old");
    for command in [
        ["HSET", "user:1", "name", "Eve"].as_slice(),
        &["SET", "user:1", "x"],
        &["RPUSH", "user:1", "x"],
    ] {
        world.server().run(command);
        world.run(rename(&source, 1, "new")).await.unwrap();
        assert_eq!(world.server().keys(), Vec::<String>::new());
        assert_eq!(
            world.run(inspect(find(source.clone(), 1))).await,
            (user("new"), Served::Miss)
        );
        world.server().run(&["FLUSHALL"]);
    }
}
