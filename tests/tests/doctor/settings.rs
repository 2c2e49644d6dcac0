//! Servers with one setting that does not suit a cache. Where the finding says what to send, it is sent.

use cached_redis_runtime::doctor::Severity;
use cached_redis_tests::{Server, eventually};

use crate::common::PATIENCE;
use crate::{but_for, codes, connect, examine, good, only, paste};

#[tokio::test]
async fn a_server_that_disconnects_the_quiet() {
    let server = but_for(&["--timeout", "300"]);
    let cache = connect(server.url()).await;
    let report = cache.doctor().await;
    let finding = only(&report, "idle_timeout", Severity::Note);
    assert!(finding.sentence.contains("300 s"), "{report}");
    paste(&server, &finding.fix);
    assert_eq!(codes(&cache.doctor().await), [""; 0]);
}

#[tokio::test]
async fn a_server_that_keeps_the_dead() {
    let server = but_for(&["--tcp-keepalive", "0"]);
    let cache = connect(server.url()).await;
    let report = cache.doctor().await;
    let finding = only(&report, "no_keepalive", Severity::Note);
    paste(&server, &finding.fix);
    assert_eq!(codes(&cache.doctor().await), [""; 0]);
}

#[tokio::test]
async fn a_server_with_hardly_any_room_for_clients() {
    let server = but_for(&["--maxclients", "10"]);
    let cache = connect(server.url()).await;
    // The cache and the one who asks. A server takes its time to notice who is gone, and refuses who comes too early.
    let others_are_gone = || {
        let clients = server.try_cli(&["INFO", "clients"]);
        clients.is_ok_and(|clients| format!("{clients:?}").contains("connected_clients:2\\r"))
    };
    eventually(PATIENCE, others_are_gone).await;
    let held: Vec<_> = (0..8).map(|_| server.connection().unwrap()).collect();
    // He who asked may not be missed yet.
    let mut report = cache.doctor().await;
    while report.nodes[0].clients != Some(9) {
        report = cache.doctor().await;
    }
    let finding = only(&report, "clients_near_limit", Severity::Warning);
    assert!(finding.sentence.starts_with("9 of 10 clients"), "{report}");
    let last = server.connection().unwrap();
    only(
        &cache.doctor().await,
        "clients_near_limit",
        Severity::Critical,
    );
    drop((held, last));
    eventually(PATIENCE, others_are_gone).await;
    assert_eq!(codes(&cache.doctor().await), [""; 0]);
}

#[tokio::test]
async fn a_url_with_resp2() {
    let server = good();
    let cache = connect(format!("{}?protocol=resp2", server.url())).await;
    only(&cache.doctor().await, "protocol_2", Severity::Note);
}

#[tokio::test]
async fn a_server_that_cannot_save() {
    let server = good();
    let cache = connect(server.url()).await;
    let dir: Vec<String> = redis::from_redis_value(server.cli(&["CONFIG", "GET", "dir"])).unwrap();
    std::fs::remove_dir_all(&dir[1]).unwrap();
    server.run(&["BGSAVE"]);
    let failed = || server.info("persistence")["rdb_last_bgsave_status"] == "err";
    eventually(PATIENCE, failed).await;
    only(&cache.doctor().await, "saving_fails", Severity::Critical);
}

#[tokio::test]
async fn a_server_that_may_remove_what_it_writes_to_disk() {
    for (name, value, severity) in [
        ("save", "3600 1", Severity::Note),
        ("appendonly", "yes", Severity::Warning),
    ] {
        let server = good();
        server.run(&["CONFIG", "SET", name, value]);
        let cache = connect(server.url()).await;
        let report = cache.doctor().await;
        let finding = only(&report, "evicts_durable_data", severity);
        let (one, other) = finding
            .fix
            .split_once("\nor, if it has more than entries: ")
            .unwrap();
        // Each of the two ways out of it is one.
        paste(&server, other);
        assert_eq!(codes(&cache.doctor().await), [""; 0]);
        paste(&server, "CONFIG SET maxmemory-policy allkeys-lru");
        only(&cache.doctor().await, "evicts_durable_data", severity);
        paste(&server, one);
        assert_eq!(codes(&cache.doctor().await), [""; 0]);
    }
}

#[tokio::test]
async fn a_server_that_may_remove_what_is_somebodys() {
    let server = good();
    let cache = connect(server.url()).await;
    server.set("ledger", b"12");
    let report = cache.doctor().await;
    let finding = only(&report, "evicts_durable_data", Severity::Warning);
    assert!(finding.sentence.contains("1 key has no TTL"), "{report}");
    paste(&server, &finding.fix);
    assert_eq!(codes(&cache.doctor().await), [""; 0]);
}

#[tokio::test]
async fn several_things_come_in_order() {
    let server = Server::start_with(&["--maxmemory", "1", "--tcp-keepalive", "0"]);
    let report = examine(&server).await;
    assert_eq!(codes(&report), ["full", "no_keepalive"]);
    assert_eq!(report.worst(), Some(Severity::Critical));
}
