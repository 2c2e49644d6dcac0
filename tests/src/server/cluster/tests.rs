use super::*;

#[test]
fn slots_move_and_replicas_take_over() {
    let cluster = Cluster::builder()
        .node_timeout(Duration::from_secs(1))
        .start();
    assert_eq!(cluster.slot("foo"), 12_182);
    let [first, _, third] = cluster.primaries() else {
        panic!("three primaries");
    };
    assert_eq!(cluster.owner("foo").port(), third.port());
    cluster.run(&["SET", "foo", "1"]);
    assert_eq!(cluster.keys(), ["foo"]);
    assert!(first.try_cli(&["GET", "foo"]).is_err());
    assert_eq!(cluster.errors("MOVED"), 1);

    cluster.begin_move(12_182, third, first);
    assert_eq!(third.get("foo").as_deref(), Some(&b"1"[..]));
    cluster.end_move(12_182, third, first);
    assert_eq!(cluster.owner("foo").port(), first.port());
    assert_eq!(first.get("foo").as_deref(), Some(&b"1"[..]));

    let replica = cluster.replica_of(first);
    cluster.fail_over(replica);
    assert_eq!(cluster.owner("foo").port(), replica.port());
    replica.kill();
    cluster.await_primary(first);
    assert_eq!(cluster.owner("foo").port(), first.port());
}
