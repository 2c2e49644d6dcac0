//! `Cache::doctor` in a program whose functions and structures do not suit every server. A program has one catalogue, so this is one.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

use std::time::Duration;

use cached_redis_runtime::doctor::{Report, Severity};
use cached_redis_runtime::structures::Counter;
use cached_redis_runtime::{Cache, cache_aside, cache_invalidate, key};
use cached_redis_tests::Server;

#[cache_aside(key = "flag:<name>", ttl = forever)]
async fn flag(name: &str) -> bool {
    name.is_empty()
}

#[cache_aside(key = "user:<id>", ttl = 60, tags("team:<team>"), skip(team))]
async fn user(id: u64, team: u32) -> u64 {
    id + u64::from(team)
}

#[cache_invalidate(key = "user:<id>", tags("team:<team>"))]
async fn rename(id: u64, team: u32) {
    let _ = (id, team);
}

async fn examine(server: &Server) -> Report {
    let builder = Cache::builder(server.url()).deadline(Duration::from_secs(5));
    let cache = builder.connect().await.unwrap();
    let read = async {
        flag("dark").await;
        user(1, 2).await;
        rename(1, 2).await;
    };
    cache.scope(read).await;
    let page = 7;
    let views = Counter::new(&cache, key!("views:<page>"));
    assert_eq!(views.incr().await.unwrap(), 1);
    cache.doctor().await
}

fn with_policy(policy: &str) -> Server {
    Server::start_with(&["--maxmemory", "100mb", "--maxmemory-policy", policy])
}

fn found(report: &Report) -> Vec<(&'static str, Severity)> {
    let findings = report.findings.iter();
    findings.map(|one| (one.code, one.severity)).collect()
}

#[tokio::test]
async fn any_key_may_go_and_with_it_a_tag() {
    let report = examine(&with_policy("allkeys-lru")).await;
    assert_eq!(found(&report), [("tags_may_be_evicted", Severity::Note)]);
    assert!(
        report.findings[0].sentence.contains("`user:<id>`"),
        "{report}"
    );
    // Two functions and a counter.
    assert_eq!(report.functions, Some(3));
    // The flag and the counter have no TTL, and are no strangers'.
    assert_eq!(report.nodes[0].keys_without_ttl, Some(2));
}

#[tokio::test]
async fn some_keys_never_go() {
    let report = examine(&with_policy("volatile-ttl")).await;
    assert_eq!(
        found(&report),
        [("forever_never_evicted", Severity::Warning)]
    );
    for template in ["`flag:<name>`", "`views:<page>`"] {
        assert!(report.findings[0].sentence.contains(template), "{report}");
    }
}

#[tokio::test]
async fn a_tag_may_have_gone() {
    let server = Server::start_with(&["--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru"]);
    let mut pipeline = redis::pipe();
    for number in 0..1000 {
        pipeline
            .cmd("SET")
            .arg(number)
            .arg(vec![b'x'; 10 << 10])
            .arg("EX")
            .arg(60);
    }
    let _: Vec<String> = pipeline.query(&mut server.connection().unwrap()).unwrap();
    let report = examine(&server).await;
    assert_eq!(found(&report), [("tags_may_be_evicted", Severity::Warning)]);
}

#[tokio::test]
async fn where_there_is_no_limit_nothing_goes() {
    let report = examine(&Server::start_with(&["--maxmemory-policy", "allkeys-lru"])).await;
    assert_eq!(found(&report), [("no_memory_limit", Severity::Warning)]);
}
