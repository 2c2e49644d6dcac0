//! What a tag is on the server. Other processes, other languages and the next release read it: a change here stands in
//! the changelog under "stored formats".

use cached_redis_runtime::{Cache, cache_aside};
use cached_redis_tests::Server;

#[cache_aside(
    key = "user:<id>",
    ttl = "1h",
    none_ttl = "2h",
    tags("team:<team>:<id>", "all"),
    skip(team)
)]
async fn find(id: u64, team: Option<&str>) -> Option<u64> {
    team.map(|_| id)
}

async fn keys_after_a_load(namespace: Option<&str>, server: &Server) -> Vec<String> {
    let mut builder = Cache::builder(server.url());
    if let Some(namespace) = namespace {
        builder = builder.namespace(namespace);
    }
    let cache = builder.connect().await.expect("a good URL");
    cache.scope(find(7, Some("a:b%"))).await;
    server.keys()
}

#[tokio::test]
async fn name_of_a_tag() {
    let server = Server::start();
    let keys = keys_after_a_load(None, &server).await;
    assert_eq!(keys, ["%tag:all", "%tag:team:a%3Ab%25:7", "user:7"]);
    server.run(&["FLUSHALL"]);
    let keys = keys_after_a_load(Some("app:eu"), &server).await;
    assert_eq!(
        keys,
        [
            "app:eu:%tag:all",
            "app:eu:%tag:team:a%3Ab%25:7",
            "app:eu:user:7"
        ]
    );
}

#[tokio::test]
async fn member_of_a_tag() {
    let server = Server::start();
    keys_after_a_load(Some("app"), &server).await;
    let members = server.cli(&["ZRANGE", "app:%tag:all", "0", "-1", "WITHSCORES"]);
    let members: Vec<(String, f64)> = redis::from_redis_value(members).expect("a sorted set");
    let [(member, end)] = &members[..] else {
        panic!("one member: {members:?}")
    };
    assert_eq!(member, "app:user:7");
    let now: (f64, f64) = redis::from_redis_value(server.cli(&["TIME"])).expect("a time");
    let now = now.0 * 1000.0 + now.1 / 1000.0;
    // The longest that an entry may live, and three leases of 10 s.
    let longest = 2.0 * 3_600_000.0 + 30_000.0;
    assert!(
        (longest - 20_000.0..=longest).contains(&(end - now)),
        "{end}"
    );
    let ttl = server.ttl("app:%tag:all").expect("a set that expires");
    assert!(ttl.as_secs_f64() * 1000.0 <= longest, "{ttl:?}");
}
