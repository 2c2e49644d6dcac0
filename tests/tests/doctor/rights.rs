//! Users who may not ask everything, and servers that do not answer everything.

use cached_redis_runtime::doctor::{Report, Severity};
use cached_redis_tests::Server;

use crate::{GOOD, but_for, codes, connect, examine, only};

/// The README's, and `CLIENT TRACKING`.
const USER: &str = "~shop:* +get +set +del +getrange +pexpire +eval +ping +client|tracking";

/// Wrong in three ways, of which `INFO` shows one.
fn server_for(rights: &str) -> Server {
    let rules = format!("{USER} {rights}");
    let builder = Server::builder().user("app", "s3cret-word", &rules);
    let args = ["--timeout", "300", "--tcp-keepalive", "0"];
    builder.args(&args).start()
}

fn unread(report: &Report) -> Vec<(&'static str, Vec<&'static str>)> {
    let unread = report.unread.iter();
    unread
        .map(|one| (one.command, one.unknown.clone()))
        .collect()
}

#[tokio::test]
async fn with_every_right() {
    let report = examine(&server_for("+info +config|get")).await;
    assert_eq!(
        codes(&report),
        ["no_memory_limit", "idle_timeout", "no_keepalive"]
    );
    assert_eq!(report.unread, []);
}

#[tokio::test]
async fn without_the_settings() {
    let report = examine(&server_for("+info")).await;
    assert_eq!(codes(&report), ["no_memory_limit"]);
    let [(command, unknown)] = &unread(&report)[..] else {
        panic!("{report}")
    };
    assert_eq!(*command, "CONFIG GET");
    // Some servers say how many clients there may be in `INFO`.
    let unknown: Vec<_> = unknown
        .iter()
        .filter(|name| **name != "maxclients")
        .collect();
    assert_eq!(unknown, [&"timeout", &"tcp-keepalive", &"save"]);
    assert!(
        report
            .to_string()
            .contains("the right for it is `+config|get`"),
        "{report}"
    );
}

#[tokio::test]
async fn without_the_state() {
    let report = examine(&server_for("+config|get")).await;
    assert_eq!(
        codes(&report),
        ["no_memory_limit", "idle_timeout", "no_keepalive"]
    );
    let unread = unread(&report);
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].0, "INFO");
    assert!(unread[0].1.contains(&"keys") && !unread[0].1.contains(&"maxmemory"));
}

#[tokio::test]
async fn without_either() {
    let report = examine(&server_for("")).await;
    assert_eq!(codes(&report), [""; 0], "what is not known is not judged");
    assert_eq!(report.unread.len(), 2, "{report}");
    assert_eq!(report.nodes[0].latency.unwrap().count, 32);
}

#[tokio::test]
async fn without_tracking() {
    let rules = USER.replace("+client|tracking", "+info +config|get");
    let builder = Server::builder().user("app", "pw", &rules);
    let server = builder.args(&GOOD).start();
    only(&examine(&server).await, "no_tracking", Severity::Note);
}

#[tokio::test]
async fn a_service_without_config() {
    let server = but_for(&["--rename-command", "CONFIG", ""]);
    let report = examine(&server).await;
    assert_eq!(codes(&report), [""; 0], "{report}");
    assert!(
        report.unread[0].why.contains("as managed services do"),
        "{report}"
    );
}

#[tokio::test]
async fn nobody_reads_the_password() {
    let server = server_for("+info");
    let cache = connect(server.url()).await;
    let healthy = cache.doctor().await;
    server.kill();
    cached_redis_tests::eventually(crate::common::PATIENCE, || !cache.stats().connected).await;
    let dead = cache.doctor().await;
    for report in [healthy, dead] {
        let json = serde_json::to_string(&report).unwrap();
        for text in [report.to_string(), format!("{report:?}"), json] {
            assert!(text.contains("127.0.0.1:"), "{text}");
            assert!(!text.contains("s3cret-word"), "{text}");
        }
    }
}
