use proptest::prelude::*;

use super::*;

fn server(url: &str) -> ConnectionInfo {
    match parse(url).expect(url).target {
        Target::Server(info) => info,
        other => panic!("{url}: {other:?}"),
    }
}

fn refused(url: &str) -> String {
    let error = parse(url).expect_err(url);
    assert_eq!(error.kind(), ErrorKind::Url, "{url}");
    assert!(!format!("{error:?}{error}").contains("s3c"), "{error}");
    error.to_string()
}

fn addresses(infos: &[ConnectionInfo]) -> Vec<String> {
    let address = |info: &ConnectionInfo| info.addr().to_string();
    infos.iter().map(address).collect()
}

fn login(info: &RedisConnectionInfo) -> (Option<&str>, Option<&str>) {
    (info.username(), info.password())
}

#[test]
fn secrets_are_cut_out() {
    for (url, shown) in [
        ("", ""),
        ("redis://", "redis://"),
        ("redis://h:1/2", "redis://h:1/2"),
        ("redis://u:s3cret@h:1", "redis://…@h:1"),
        ("redis://:s3cret@h", "redis://…@h"),
        ("redis://u:s3c@ret@h", "redis://…@h"),
        ("redis://u:s3c/ret@h", "redis://…@h"),
        ("redis://u:s3c?ret@h", "redis://…"),
        ("redis://u:s3cret", "redis://…"),
        ("redis://:s3cret/0", "redis://…"),
        (
            "redis-cluster://u:s3,cret@a,[::1]:2",
            "redis-cluster://…@a,[::1]:2",
        ),
        ("redis-cluster://:s3cret@a,:s3cret@b", "redis-cluster://…@b"),
        ("redis-cluster://a,:s3cret", "redis-cluster://…"),
        (
            "redis-sentinel://a/m?sentinel_password=s3c",
            "redis-sentinel://a/m?…",
        ),
        (
            "redis-sentinel://a/m?sentinel_password=x@s3c",
            "redis-sentinel://…",
        ),
        (
            "redis+unix:///run/r.sock?db=1&pass=s3cret",
            "redis+unix:///run/r.sock?…",
        ),
        ("unix:///run/r.sock?pass=a@s3cret", "unix://…"),
        ("u:s3cret@h", "…@h"),
        ("u:s3cret://h", "…://h"),
    ] {
        assert_eq!(redact(url), shown, "{url}");
    }
}

/// Letters that a URL is cut at, and some that it is not.
const ANY: &str = "[a-z0-9@:/?#&=,%\\[\\]. é]{0,12}";

proptest! {
    /// In each place for a secret, whatever stands around it and in it.
    #[test]
    fn a_secret_never_shows(
        scheme in "(redis|rediss|unix|redis-cluster|redis-sentinel|http)",
        before in ANY, secret in "Q[@:/?#&,%]?Q[@:/?#&,%]?Q", after in ANY, end in ANY,
    ) {
        for url in [
            format!("{scheme}://{before}:{secret}{after}@{end}"),
            format!("{scheme}://{secret}{after}@{end}"),
            format!("{scheme}://h1,u:{before}{secret}@h2,h3/{end}"),
            format!("{scheme}://h/m?pass={before}{secret}{after}"),
            format!("{scheme}:///run/r.sock?{before}&{secret}{after}"),
            format!("{before}:{secret}@{end}"),
        ] {
            // Capitals are in the secret only.
            prop_assert!(!redact(&url).contains('Q'), "{} of {}", redact(&url), url);
            if let Err(error) = parse(&url) {
                let said = format!("{error} {error:?}");
                prop_assert!(!said.contains('Q'), "{said} of {url}");
            }
        }
    }
}

#[test]
fn the_end_of_a_password_that_is_near_a_parameter_does_not_show() {
    let error = parse("unix://h/m?pass=QQ&Qb=").unwrap_err().to_string();
    assert!(error.contains("did you mean `db`?"), "{error}");
    assert!(!error.contains('Q'), "{error}");
}

#[test]
fn a_wrong_url_is_refused_with_the_part_that_is_wrong() {
    for (url, part) in [
        ("", "must begin with"),
        ("localhost:6379", "must begin with"),
        ("http://localhost", "must begin with"),
        ("redis://", "host is missing"),
        ("redis://:6379", "host is missing"),
        ("redis://h/one", "`redis://host:6379/2`"),
        ("redis://h/-1", "number from 0"),
        ("redis://h/+1", "number from 0"),
        ("redis://h:99999", "port"),
        ("redis://h:0", "port"),
        ("redis://u:s3cret", "lacks its `@`"),
        ("redis://0.0.0.0", "0.0.0.0 and"),
        ("redis://[::]", "0.0.0.0 and"),
        ("redis://[::1", "no `]`"),
        ("redis://[h]", "no IPv6 address"),
        ("redis://[::1]6379", "behind `]`"),
        ("redis://::1", "in brackets"),
        ("redis://h h", "letters"),
        ("redis://u:s3c#ret@h", "`%23`"),
        ("redis://u:s3c/ret@h", "`%2F`"),
        ("redis://u:s3c?ret@h", "`%3F`"),
        ("redis://u:s3c%ret@h", "the password has a `%`"),
        ("redis://u:s3c%FF@h", "the password is not UTF-8"),
        ("redis://s3cret@h", "`redis://:password@host`"),
        ("redis://a,b", "`redis-cluster://…`"),
        ("rediss://h#insecure", "`tls_ca`"),
        ("redis://h?timeout=5", "did you mean `deadline`?"),
        ("redis://h?dedline=5s", "did you mean `deadline`?"),
        ("redis://h?deadlien=5s", "did you mean `deadline`?"),
        ("redis://h?s3cret=5", "none of `deadline`, `protocol`"),
        ("redis://h?deadline=5", "`?deadline=100ms`"),
        ("redis://h?deadline=0s", "`?deadline=100ms`"),
        ("redis://h?protocol=4", "`resp2` or `resp3`"),
        ("redis://h?protocol=2&protocol=3", "given twice"),
        ("redis+unix://run/r.sock", "begin with `/`"),
        ("redis+unix://", "path of the socket"),
        ("unix:///r.sock?password=s3cret", "did you mean `pass`?"),
        ("unix:///r.sock?pass=s3c+ret", "`%2B`"),
        ("unix:///r.sock?user=u", "`user` needs `pass`"),
        ("redis-cluster://a,", "host is missing"),
        ("redis-cluster://a/2", "no database but 0"),
        ("redis-cluster://a/x", "number from 0"),
        ("redis-sentinel://a", "name of the master"),
        (
            "redis-sentinel://a/m/x",
            "`redis-sentinel://host:26379/mymaster/2`",
        ),
        (
            "redis-sentinel://a/m?sentinel_user=u",
            "needs `sentinel_password`",
        ),
        (
            "redis-sentinel://a/m?sentinel_pass=s3c",
            "did you mean `sentinel_password`?",
        ),
    ] {
        let said = refused(url);
        assert!(said.contains(part), "{url}: {said}");
    }
}

#[test]
fn user_password_database_and_socket_are_read() {
    let info = server("redis://al%40ice:p%2Fw@h:7/3");
    assert_eq!(login(info.redis_settings()), (Some("al@ice"), Some("p/w")));
    assert_eq!(info.redis_settings().db(), 3);
    assert_eq!(info.addr(), &ConnectionAddr::Tcp("h".into(), 7));
    let info = server("valkey://:p@@w:x@[::1]/");
    assert_eq!(login(info.redis_settings()), (None, Some("p@@w:x")));
    assert_eq!(info.addr(), &ConnectionAddr::Tcp("::1".into(), 6379));
    let info = server("redis://nopass:@h");
    assert_eq!(login(info.redis_settings()), (Some("nopass"), Some("")));
    assert_eq!(login(server("redis://@h").redis_settings()), (None, None));
    for url in [
        "redis+unix:///run/r%20s@2.sock?db=2&user=u&pass=a%2Bb",
        "unix://u:a+b@/run/r%20s@2.sock?db=2",
    ] {
        let info = server(url);
        assert_eq!(login(info.redis_settings()), (Some("u"), Some("a+b")));
        assert_eq!(info.redis_settings().db(), 2);
        assert_eq!(info.addr().to_string(), "/run/r s@2.sock");
    }
}

#[test]
fn what_a_url_sets() {
    let url = parse("redis://h").expect("a good URL");
    assert_eq!(url.deadline, None);
    assert_eq!(
        server("redis://h").redis_settings().protocol(),
        ProtocolVersion::RESP3
    );
    let info = server("redis://h/1?protocol=resp2&deadline=50ms");
    assert_eq!(info.redis_settings().protocol(), ProtocolVersion::RESP2);
    let url = parse("rediss-cluster://h?deadline=2s").expect("a good URL");
    assert_eq!(url.deadline, Some(Duration::from_secs(2)));
}

#[test]
fn tls_is_in_the_address() {
    for url in ["rediss://h", "valkeys://h"] {
        let addr = server(url).addr().clone();
        assert!(
            matches!(
                addr,
                ConnectionAddr::TcpTls {
                    insecure: false,
                    ..
                }
            ),
            "{url}"
        );
    }
}

#[test]
fn the_seeds_of_a_cluster_share_a_login() {
    for (url, tls) in [
        ("redis-cluster://u:p@a:1,[::1],b/0", false),
        ("valkeys-cluster://u:p@a:1,[::1],b", true),
    ] {
        let Target::Cluster { seeds } = parse(url).expect(url).target else {
            panic!("{url} is a cluster");
        };
        assert_eq!(addresses(&seeds), ["a:1", "::1:6379", "b:6379"]);
        for seed in seeds {
            assert_eq!(login(seed.redis_settings()), (Some("u"), Some("p")));
            assert_eq!(matches!(seed.addr(), ConnectionAddr::TcpTls { .. }), tls);
        }
    }
}

#[test]
fn sentinels_have_a_login_of_their_own() {
    let url = "redis-sentinel://u:p@a,b:7/my%2Fmaster/3?sentinel_user=su&sentinel_password=s%40p";
    let Target::Sentinel {
        sentinels,
        master,
        settings,
    } = parse(url).expect(url).target
    else {
        panic!("{url} names sentinels");
    };
    assert_eq!(master, "my/master");
    assert_eq!(login(&settings), (Some("u"), Some("p")));
    assert_eq!(settings.db(), 3);
    assert_eq!(addresses(&sentinels), ["a:26379", "b:7"]);
    for sentinel in sentinels {
        assert_eq!(login(sentinel.redis_settings()), (Some("su"), Some("s@p")));
        assert_eq!(sentinel.redis_settings().db(), 0);
    }
}

#[test]
fn a_login_before_each_host_is_refused() {
    for url in [
        "redis-cluster://u:s3cret@a,u:s3cret@b",
        "redis-sentinel://:s3cret@a,:s3cret@b/m",
    ] {
        assert!(refused(url).contains("before each host"), "{url}");
    }
    assert!(parse("redis-cluster://u:s3,cret@a,b").is_ok());
}
