//! `Cache::doctor`: real servers, each set up wrong in one way, and the one thing that is found there.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "../common/mod.rs"]
mod common;
mod delay;
mod documented;
mod memory;
mod reach;
mod rights;
mod settings;

use std::time::Duration;

use cached_redis_runtime::doctor::{Finding, Report, Severity};
use cached_redis_runtime::{Cache, cache_aside};
use cached_redis_tests::Server;

/// What a cache's server should have.
pub(crate) const GOOD: [&str; 4] = ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"];

/// The only function that the catalogue of this program has.
#[cache_aside(key = "v:<id>", ttl = 60)]
pub(crate) async fn read(id: u64) -> u64 {
    id
}

pub(crate) fn good() -> Server {
    Server::start_with(&GOOD)
}

/// A good server, but for this.
pub(crate) fn but_for(args: &[&str]) -> Server {
    Server::builder().args(&GOOD).args(args).start()
}

/// With a deadline that a busy machine does not miss.
pub(crate) async fn connect(url: String) -> Cache {
    let builder = Cache::builder(url).deadline(Duration::from_secs(5));
    let cache = builder.namespace("shop").connect().await.unwrap();
    assert!(cache.stats().connected, "the server answered");
    cache
}

pub(crate) async fn examine(server: &Server) -> Report {
    connect(server.url()).await.doctor().await
}

pub(crate) fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

/// The only finding there is.
pub(crate) fn only<'a>(report: &'a Report, code: &str, severity: Severity) -> &'a Finding {
    assert_eq!(codes(report), [code], "{report}");
    let finding = &report.findings[0];
    assert_eq!(finding.severity, severity, "{report}");
    finding
}

/// Sends what a finding says to send.
pub(crate) fn paste(server: &Server, fix: &str) {
    for command in fix.lines().filter(|line| line.starts_with("CONFIG ")) {
        let words: Vec<_> = command
            .split(' ')
            .map(|word| word.trim_matches('"'))
            .collect();
        server.run(&words);
    }
}

#[tokio::test]
async fn on_a_good_server_nothing_is_found() {
    let server = good();
    let cache = connect(server.url()).await;
    cache.scope(read(1)).await;
    let report = cache.doctor().await;
    assert_eq!(codes(&report), [""; 0], "{report}");
    assert_eq!(report.worst(), None);
    assert_eq!(report.unread, []);
    let [node] = &report.nodes[..] else {
        panic!("{report}")
    };
    assert_eq!(node.max_memory, Some(100 << 20));
    assert_eq!(node.policy.as_deref(), Some("allkeys-lru"));
    assert_eq!((node.keys, node.keys_without_ttl), (Some(1), Some(0)));
    assert_eq!((node.aof, node.rdb), (Some(false), Some(false)));
    assert_eq!((node.is_replica, node.replicas), (Some(false), Some(0)));
    assert_eq!(node.latency.unwrap().count, 32);
    assert_eq!(report.functions, Some(1));
}

#[tokio::test]
async fn it_writes_nothing_and_sends_what_it_says() {
    let server = good();
    let cache = connect(server.url()).await;
    server.reset_commandstats();
    cache.doctor().await;
    assert_eq!(server.keys(), [""; 0]);
    let mut sent = server.commandstats();
    // The harness's own. Before 7.0 a command's subcommands are counted together.
    sent.retain(|name, _| {
        ![
            "keys",
            "config|resetstat",
            "hello",
            "client|setinfo",
            "client",
        ]
        .contains(&name.as_str())
    });
    assert_eq!(sent.remove("get"), Some(32));
    let by_one_name = sent.remove("config").map(|calls| calls - 1);
    let settings = sent.remove("config|get").or(by_one_name);
    assert_eq!(settings, Some(7));
    // The last one asks for these numbers and does not count itself yet.
    assert_eq!(sent.remove("info"), Some(1));
    assert!(sent.is_empty(), "{sent:?}");
}

#[tokio::test]
async fn the_json_has_the_same_findings() {
    let server = Server::start_with(&["--timeout", "300", "--tcp-keepalive", "0"]);
    let report = examine(&server).await;
    assert_eq!(
        codes(&report),
        ["no_memory_limit", "idle_timeout", "no_keepalive"]
    );
    let json = serde_json::to_value(&report).unwrap();
    let found = json["findings"].as_array().unwrap();
    assert_eq!(found.len(), report.findings.len());
    for (json, finding) in found.iter().zip(&report.findings) {
        assert_eq!(json["code"], finding.code);
        assert_eq!(json["severity"], finding.severity.name());
        assert_eq!(json["node"], *finding.node.as_ref().unwrap());
        assert_eq!(json["sentence"], finding.sentence);
        assert_eq!(json["fix"], finding.fix);
    }
    assert_eq!(json["place"], "server");
    assert_eq!(json["nodes"][0]["max_memory"], 0);
    assert_eq!(json["functions"], 1);
    // And so has the text.
    let text = report.to_string();
    for finding in &report.findings {
        assert!(text.contains(&finding.sentence), "{text}");
        assert!(
            finding.fix.lines().all(|line| text.contains(line)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_store_in_this_process_says_what_it_is() {
    let cache = Cache::connect("memory://").await.unwrap();
    let report = cache.doctor().await;
    assert_eq!((codes(&report), report.nodes.len()), (vec![], 0));
    assert!(
        report
            .to_string()
            .starts_with("memory://, a store in this process")
    );
    assert_eq!(serde_json::to_value(&report).unwrap()["place"], "memory");
}

#[tokio::test]
async fn a_store_that_a_test_has_taken_away_is_not_reached() {
    use cached_redis_runtime::test_util::{Outage, TestCache};
    let cache = TestCache::new();
    let _outage: Outage<'_> = cache.outage();
    let report = cache.cache().doctor().await;
    let finding = only(&report, "unreachable", Severity::Critical);
    assert!(
        finding.sentence.contains("taken the server away"),
        "{report}"
    );
}
