//! Servers with too little memory, or too much.

use cached_redis_runtime::doctor::Severity;
use cached_redis_tests::Server;

use crate::{but_for, codes, connect, examine, only, paste};

/// So many values of 10 KiB, with or without a TTL.
fn fill(server: &Server, values: u32, ttl: bool) {
    let mut pipeline = redis::pipe();
    let value = vec![b'x'; 10 << 10];
    for number in 0..values {
        let set = pipeline
            .cmd("SET")
            .arg(format!("filler:{number}"))
            .arg(&value);
        if ttl {
            set.arg("EX").arg(3600);
        }
        set.ignore();
    }
    let () = pipeline.query(&mut server.connection().unwrap()).unwrap();
}

/// Lets the server have so many hundredths of its memory in use.
fn limit_to(server: &Server, percent: u64) {
    let used: u64 = server.info("memory")["used_memory"].parse().unwrap();
    let limit = (used * 100 / percent).to_string();
    server.run(&["CONFIG", "SET", "maxmemory", &limit]);
}

#[tokio::test]
async fn without_a_limit() {
    let server = Server::start();
    let cache = connect(server.url()).await;
    let report = cache.doctor().await;
    let finding = only(&report, "no_memory_limit", Severity::Warning);
    paste(&server, &finding.fix);
    let report = cache.doctor().await;
    assert_eq!(codes(&report), [""; 0], "{report}");
}

#[tokio::test]
async fn with_a_limit_and_nothing_that_makes_room() {
    let server = but_for(&["--maxmemory-policy", "noeviction"]);
    let cache = connect(server.url()).await;
    let report = cache.doctor().await;
    let finding = only(&report, "no_eviction", Severity::Note);
    paste(&server, &finding.fix);
    assert_eq!(codes(&cache.doctor().await), [""; 0]);
}

#[tokio::test]
async fn full_and_nothing_that_makes_room() {
    for policy in ["noeviction", "volatile-lru"] {
        let server = but_for(&["--maxmemory-policy", policy]);
        fill(&server, 2000, policy == "noeviction");
        let cache = connect(server.url()).await;
        limit_to(&server, 95);
        only(&cache.doctor().await, "full", Severity::Warning);
        limit_to(&server, 105);
        let report = cache.doctor().await;
        let finding = only(&report, "full", Severity::Critical);
        if policy == "noeviction" {
            paste(&server, &finding.fix);
            assert_eq!(codes(&cache.doctor().await), [""; 0]);
        }
    }
}

#[tokio::test]
async fn full_and_something_makes_room() {
    let server = but_for(&["--maxmemory-policy", "volatile-lru"]);
    fill(&server, 2000, true);
    let cache = connect(server.url()).await;
    limit_to(&server, 98);
    assert_eq!(codes(&cache.doctor().await), [""; 0]);
}

#[tokio::test]
async fn so_small_that_entries_go_before_they_are_read() {
    let server = but_for(&["--maxmemory", "4mb"]);
    fill(&server, 1000, true);
    assert_eq!(
        codes(&examine(&server).await),
        [""; 0],
        "nobody has read yet"
    );
    let mut gets = redis::pipe();
    for number in 0..1000 {
        gets.cmd("GET").arg(format!("filler:{number}"));
    }
    let _: Vec<Option<Vec<u8>>> = gets.query(&mut server.connection().unwrap()).unwrap();
    let report = examine(&server).await;
    let finding = only(&report, "too_small", Severity::Warning);
    assert!(
        finding.fix.starts_with("CONFIG SET maxmemory 8mb\n"),
        "{report}"
    );
    paste(&server, &finding.fix);
    assert_eq!(codes(&examine(&server).await), [""; 0]);
}
