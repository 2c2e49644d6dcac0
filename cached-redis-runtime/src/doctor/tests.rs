//! From facts to findings, without a server; and what a hostile one may say.

use core::time::Duration;

use proptest::prelude::*;

use super::families::{Families, some};
use super::node::Node;
use super::report::Report;
use super::text::{Size, Time, plain};
use crate::observe::{Answers, Capabilities, Examination, Examined, Place, ServerInfo};

const DEADLINE: Duration = Duration::from_millis(100);

/// What Redis 7 says of itself, shortened.
const GOOD: &str = "# Clients\r\nconnected_clients:3\r\nmaxclients:10000\r\n\r\n# Memory\r\nused_memory:1000000\r\n\
    total_system_memory:8589934592\r\nmaxmemory:100000000\r\nmaxmemory_policy:allkeys-lru\r\n# Persistence\r\n\
    rdb_last_bgsave_status:ok\r\naof_enabled:0\r\n# Stats\r\nexpired_keys:5\r\nevicted_keys:0\r\nkeyspace_hits:10\r\n\
    keyspace_misses:20\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n# Keyspace\r\n\
    db0:keys=12,expires=12,avg_ttl=5\r\ndb3:keys=1,expires=1,avg_ttl=5\r\n";

const SETTINGS: [(&str, &str); 4] = [
    ("timeout", "0"),
    ("tcp-keepalive", "300"),
    ("save", ""),
    ("appendonly", "no"),
];

fn answers(info: &str, settings: &[(&'static str, &str)]) -> Answers {
    let settings = settings.iter();
    Answers {
        server: ServerInfo {
            kind: "redis".to_owned(),
            version: "7.0.15".to_owned(),
            protocol: 3,
            role: "master".to_owned(),
            is_cluster: false,
            capabilities: Capabilities {
                tracking_bcast: true,
                ..Capabilities::default()
            },
        },
        info: Ok(info.to_owned()),
        settings: settings
            .map(|(name, value)| (*name, Ok(Some((*value).to_owned()))))
            .collect(),
        gets: vec![Duration::from_micros(200); 3],
        is_silent: false,
    }
}

fn report(place: Place, answers: Answers, families: Option<&Families>) -> Report {
    let nodes = vec![Examined {
        address: "localhost:6379".to_owned(),
        answers: Ok(answers),
    }];
    let examination = Examination {
        place,
        nodes,
        is_covered: true,
    };
    Report::of(Ok(examination), DEADLINE, families)
}

fn found(
    info: &str,
    settings: &[(&'static str, &str)],
    families: Option<&Families>,
) -> Vec<String> {
    let report = report(Place::Server, answers(info, settings), families);
    let findings = report.findings.iter();
    findings
        .map(|finding| format!("{} {}", finding.severity.name(), finding.code))
        .collect()
}

/// The good server, with these lines in place of its own.
fn with(lines: &[(&str, &str)]) -> String {
    let mut info = GOOD.to_owned();
    for (line, other) in lines {
        assert!(info.contains(line), "{line}");
        info = info.replace(line, other);
    }
    info
}

fn families(forever: &[&'static str], tagged: &[&'static str]) -> Families {
    Families {
        count: 3,
        forever: forever.to_vec(),
        tagged: tagged.to_vec(),
    }
}

#[test]
fn a_good_server_has_nothing() {
    assert_eq!(found(GOOD, &SETTINGS, None), [""; 0]);
    let report = report(Place::Server, answers(GOOD, &SETTINGS), None);
    assert_eq!(report.unread, []);
    assert_eq!(report.nodes[0].keys, Some(13));
}

/// Lines in place of the good server's, and what is found then.
type Edge<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

fn check(edges: &[Edge<'_>]) {
    for (lines, expected) in edges {
        assert_eq!(found(&with(lines), &SETTINGS, None), *expected, "{lines:?}");
    }
}

const NOEVICTION: (&str, &str) = ("allkeys-lru", "noeviction");
const VOLATILE: (&str, &str) = ("allkeys-lru", "volatile-lru");
const FULL: (&str, &str) = ("used_memory:1000000\r", "used_memory:100000000\r");
const LASTING: (&str, &str) = ("keys=12,", "keys=13,");
const NO_LIMIT: (&str, &str) = ("maxmemory:100000000", "maxmemory:0");

#[test]
fn where_memory_begins_to_be_a_matter() {
    let used = |bytes| ("used_memory:1000000\r", bytes);
    let expiring = [("expires=12", "expires=0"), ("expires=1,", "expires=0,")];
    check(&[
        (&[NO_LIMIT], &["warning no_memory_limit"]),
        (&[NOEVICTION], &["note no_eviction"]),
        (
            &[NOEVICTION, used("used_memory:89999999\r")],
            &["note no_eviction"],
        ),
        (
            &[NOEVICTION, used("used_memory:90000000\r")],
            &["warning full"],
        ),
        (
            &[NOEVICTION, used("used_memory:99999999\r")],
            &["warning full"],
        ),
        (&[NOEVICTION, FULL], &["critical full"]),
        (&[FULL], &[]),
        (&[VOLATILE, FULL], &[]),
        (
            &[VOLATILE, FULL, expiring[0], expiring[1]],
            &["critical full"],
        ),
    ]);
}

#[test]
fn where_eviction_begins_to_be_a_matter() {
    let evicted = ("evicted_keys:0", "evicted_keys:1");
    let lookups = |hits, misses| [("hits:10", hits), ("misses:20", misses)];
    let [few, many] = lookups("hits:499", "misses:501");
    let [half, rest] = lookups("hits:500", "misses:500");
    let [none, all] = lookups("hits:0", "misses:999");
    check(&[
        (&[LASTING], &["warning evicts_durable_data"]),
        (&[LASTING, VOLATILE], &[]),
        (&[LASTING, NO_LIMIT], &["warning no_memory_limit"]),
        (
            &[("aof_enabled:0", "aof_enabled:1")],
            &["warning evicts_durable_data"],
        ),
        (&[evicted, few, many], &["warning too_small"]),
        (&[evicted, half, rest], &[]),
        (&[evicted, none, all], &[]),
        (&[few, many], &[]),
    ]);
}

#[test]
fn where_the_rest_begins_to_be_a_matter() {
    let clients = |clients| ("connected_clients:3", clients);
    check(&[
        (&[clients("connected_clients:7999")], &[]),
        (
            &[clients("connected_clients:8000")],
            &["warning clients_near_limit"],
        ),
        (
            &[clients("connected_clients:9500")],
            &["critical clients_near_limit"],
        ),
        (&[("status:ok", "status:err")], &["critical saving_fails"]),
        (&[("role:master", "role:slave")], &["critical replica"]),
    ]);
}

#[test]
fn what_depends_on_the_functions() {
    let (plain, forever) = (families(&[], &[]), families(&["flag:<id>"], &[]));
    let tagged = families(&[], &["user:<id>"]);
    let volatile = with(&[("allkeys-lru", "volatile-lru")]);
    let of = |info: &str, families| found(info, &SETTINGS, Some(families));
    assert_eq!(of(&volatile, &forever), ["warning forever_never_evicted"]);
    assert_eq!(of(&volatile, &plain), [""; 0]);
    assert_eq!(of(GOOD, &forever), [""; 0]);
    // Keys without a TTL may be theirs.
    let lasting = with(&[("keys=12,", "keys=13,")]);
    assert_eq!(of(&lasting, &plain), ["warning evicts_durable_data"]);
    assert_eq!(of(&lasting, &forever), [""; 0]);
    assert_eq!(of(GOOD, &tagged), ["note tags_may_be_evicted"]);
    let evicted = with(&[("evicted_keys:0", "evicted_keys:1")]);
    assert_eq!(of(&evicted, &tagged), ["warning tags_may_be_evicted"]);
    assert_eq!(
        of(&with(&[("allkeys-lru", "volatile-ttl")]), &tagged),
        [""; 0]
    );
    let refusing = with(&[("allkeys-lru", "noeviction")]);
    assert_eq!(of(&refusing, &tagged), ["note no_eviction"]);
}

#[test]
fn a_place_without_replicas() {
    for (place, expected) in [
        (Place::Server, &[][..]),
        (Place::Sentinel, &["no_replica"]),
        (Place::Cluster, &["no_replica"]),
    ] {
        let report = report(place, answers(GOOD, &SETTINGS), None);
        let codes: Vec<_> = report.findings.iter().map(|one| one.code).collect();
        assert_eq!(codes, expected, "{place:?}");
    }
}

#[test]
fn a_server_that_is_late() {
    let late = |gets: &[u64], is_silent| {
        let mut answers = answers(GOOD, &SETTINGS);
        answers.gets = gets
            .iter()
            .map(|millis| Duration::from_millis(*millis))
            .collect();
        answers.is_silent = is_silent;
        let report = report(Place::Server, answers, None);
        report
            .findings
            .iter()
            .map(|one| one.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(late(&[1, 24, 99], false), [""; 0]);
    assert_eq!(late(&[1, 25, 25], false), ["slow"]);
    assert_eq!(late(&[1], true), ["slow"]);
    assert_eq!(late(&[], false), [""; 0]);
}

/// The policy that is proposed is not found fault with, whatever else there is.
#[test]
fn what_is_proposed_is_good() {
    for (tags, lasting, aof) in [false, true]
        .into_iter()
        .flat_map(|tags| [(tags, false), (tags, true)])
        .flat_map(|(tags, lasting)| [(tags, lasting, false), (tags, lasting, true)])
    {
        let families = families(&[], if tags { &["user:<id>"] } else { &[] });
        let mut lines = vec![("allkeys-lru", "noeviction")];
        lines.extend(lasting.then_some(("keys=12,", "keys=13,")));
        lines.extend(aof.then_some(("aof_enabled:0", "aof_enabled:1")));
        let info = with(&lines);
        let report = report(Place::Server, answers(&info, &SETTINGS), Some(&families));
        let fix = report.findings[0]
            .fix
            .strip_prefix("CONFIG SET maxmemory-policy ");
        let better = info.replace("noeviction", fix.unwrap());
        assert_eq!(
            found(&better, &SETTINGS, Some(&families)),
            [""; 0],
            "{tags} {lasting} {aof} {fix:?}"
        );
    }
}

#[test]
fn a_setting_is_taken_from_either_place() {
    let info = with(&[
        ("maxmemory:100000000\r\n", ""),
        ("maxmemory_policy:allkeys-lru\r\n", ""),
        ("maxclients:10000\r\n", ""),
    ]);
    let mut settings = SETTINGS.to_vec();
    settings.extend([
        ("maxmemory", "0"),
        ("maxclients", "3"),
        ("maxmemory-policy", "noeviction"),
    ]);
    let expected = ["critical clients_near_limit", "warning no_memory_limit"];
    assert_eq!(found(&info, &settings, None), expected);
    // Neither is judged where nobody says it.
    assert_eq!(found(&info, &SETTINGS, None), [""; 0]);
    let report = report(Place::Server, answers(&info, &SETTINGS), None);
    assert_eq!(
        report.unread[0].unknown,
        ["maxmemory", "maxmemory-policy", "maxclients"]
    );
}

#[test]
fn nothing_that_a_server_says_reaches_a_terminal_as_it_is() {
    let escape = "\u{1b}[2J\u{202e}red";
    let info = with(&[("allkeys-lru", &format!("allkeys-{escape}"))]);
    let mut answers = answers(&info, &[("save", "3600 1")]);
    answers.server.version = format!("7{escape}").repeat(1000);
    let report = report(Place::Server, answers, None);
    let json = serde_json_like(&report);
    for text in [report.to_string(), json] {
        assert!(text.contains("allkeys-?[2J?red"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(text.len() < 10_000);
    }
}

/// What is debugged shows every field.
fn serde_json_like(report: &Report) -> String {
    format!("{report:?}")
        .replace("\\u{1b}", "\u{1b}")
        .replace("\\u{202e}", "\u{202e}")
}

#[test]
fn what_makes_no_sense_is_not_known() {
    let odd = "used_memory:-1\nmaxmemory:99999999999999999999999\ndb:keys=1,expires=0\ndb0x:keys=1,expires=0\n\
        db1:keys=,expires=\nconnected_clients:\n:\n::::\nrole\nkeyspace_hits:1\nkeyspace_hits:2\n";
    let node = read(odd);
    let known = Node {
        hits: Some(1),
        keys: Some(0),
        keys_without_ttl: Some(0),
        ..Node::default()
    };
    assert_eq!(node, known);
    assert_eq!(read("db0:keys=1,expires=2\n").keys_without_ttl, Some(0));
    let most = format!("db0:keys={0},expires=0\ndb1:keys={0},expires=0\n", u64::MAX);
    assert_eq!(read(&most).keys, Some(u64::MAX));
}

#[test]
fn no_more_is_read_than_a_server_says() {
    let far = format!("{}\nused_memory:7\n", "é".repeat(200_000));
    assert_eq!(read(&far).used_memory, None);
    let near = format!("{}\nused_memory:7\n", "é".repeat(100_000));
    assert_eq!(read(&near).used_memory, Some(7));
}

fn read(info: &str) -> Node {
    let mut node = Node::default();
    super::info::read(&mut node, info);
    node
}

proptest! {
    #[test]
    fn any_text_is_read_and_judged(info in "(([a-z_0-9]{0,20}|used_memory|maxmemory|db0|role)[:=]?[-0-9a-z,=é\u{1b}]{0,30}\r?\n?){0,20}", value in "\\PC{0,20}") {
        let settings: Vec<_> = ["maxmemory", "maxmemory-policy", "maxclients", "timeout", "save"]
            .map(|name| (name, value.as_str()))
            .into();
        let report = report(Place::Cluster, answers(&info, &settings), Some(&families(&["a"], &["b"])));
        let escape = '\u{1b}';
        prop_assert!(!report.to_string().contains(escape));
    }
}

#[test]
fn numbers_are_for_people() {
    let size = |bytes| Size(bytes).to_string();
    assert_eq!(
        [size(0), size(1023), size(1024)],
        ["0 B", "1023 B", "1.0 KiB"]
    );
    assert_eq!(
        [size(1_048_575), size(1_048_576)],
        ["1023.9 KiB", "1.0 MiB"]
    );
    assert_eq!(
        [size(100 << 30), size(u64::MAX)],
        ["100.0 GiB", "16777215.9 TiB"]
    );
    let time = |micros| Time(Duration::from_micros(micros)).to_string();
    assert_eq!(
        [time(999), time(1_000), time(99_999)],
        ["999 µs", "1.0 ms", "99.9 ms"]
    );
    assert_eq!(time(100_000), "100 ms");
    assert_eq!(some(&["a", "b"]), "`a`, `b`");
    assert_eq!(some(&["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    assert_eq!(plain(&"x".repeat(300)).len(), 255);
}
