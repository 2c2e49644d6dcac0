//! Deletions of what is not there any more: the server has nothing to tell its replicas about.

use cached_redis_runtime::{ErrorKind, cache_invalidate};
use cached_redis_tests::Gate;

use super::{SHORT, World, write_strictly};

#[cache_invalidate(key = "d:<id>", before)]
async fn write_held(id: u64, gate: &Gate) {
    gate.pass().await;
}

/// What another has deleted is as good as not deleted until a replica knows.
#[tokio::test]
async fn what_is_gone_already_is_confirmed_only_when_the_replica_knows() {
    let world = World::start(SHORT).await;
    world.store(1).await;
    world.store(2).await;
    // So that there is something that the connection has written, and the replica has.
    world.run(write_strictly(2)).await.unwrap();
    world.replica.stop();
    world.primary.run(&["DEL", "d:1"]);
    let error = world.run(write_strictly(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unconfirmed);
}

/// A full server refuses what the connection would have to write for that.
#[tokio::test]
async fn what_is_gone_already_is_not_confirmed_on_a_full_server() {
    let world = World::start(SHORT).await;
    world.store(1).await;
    world.store(2).await;
    world.run(write_strictly(2)).await.unwrap();
    world.replica.stop();
    world.primary.run(&["DEL", "d:1"]);
    world.primary.run(&["CONFIG", "SET", "maxmemory", "1"]);
    let error = world.run(write_strictly(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unconfirmed);
}

/// It has changed nothing: a full server kept the guard as it was.
#[tokio::test]
async fn who_leaves_a_guard_to_another_on_a_full_server_has_nothing_confirmed() {
    let world = World::start(SHORT).await;
    world.store(1).await;
    world.replica.stop();
    let gates = [Gate::closed(), Gate::closed()];
    let mut calls = Vec::new();
    for gate in &gates {
        let (cache, held) = (world.cache.clone(), gate.clone());
        calls.push(tokio::spawn(async move {
            cache.scope(write_held(1, &held)).await;
        }));
        gate.reached().await;
    }
    world.primary.run(&["CONFIG", "SET", "maxmemory", "1"]);
    for (unconfirmed, (gate, call)) in (1..).zip(gates.iter().zip(calls)) {
        gate.open();
        call.await.unwrap();
        assert_eq!(world.cache.stats().unconfirmed, unconfirmed);
    }
}
