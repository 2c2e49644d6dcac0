use std::collections::BTreeMap;
use std::process::Command;

use redis::Value;

use super::*;
use crate::{ChildProcess, Role};

/// A connection as the code under test makes it: by the public URL.
fn client(url: &str) -> redis::RedisResult<redis::Connection> {
    redis::Client::open(url)?.get_connection_with_timeout(Duration::from_secs(2))
}

#[test]
fn a_started_server_answers_and_a_dropped_one_is_gone() {
    let server = Server::start();
    assert_eq!(server.cli(&["PING"]), Value::SimpleString("PONG".into()));
    let (url, dir) = (server.url(), server.dir.path().to_owned());
    assert!(dir.exists());
    drop(server);
    assert!(client(&url).is_err());
    assert!(!dir.exists());
}

#[test]
fn two_servers_do_not_share_anything() {
    let (one, two) = (Server::start(), Server::start());
    one.set("key", b"value");
    assert_eq!(one.get("key").as_deref(), Some(&b"value"[..]));
    assert_eq!(two.get("key"), None);
    assert_eq!(one.keys(), ["key"]);
}

#[test]
fn a_killed_server_comes_back_empty_at_the_same_address() {
    let server = Server::start();
    let (url, pid) = (server.url(), server.pid());
    server.set("key", b"value");
    server.kill();
    assert_eq!(server.pid(), None);
    assert!(client(&url).is_err());
    server.restart();
    assert_eq!(server.url(), url);
    assert_ne!(server.pid(), pid);
    assert_eq!(server.get("key"), None);
}

#[test]
fn a_stopped_server_is_silent_until_it_continues() {
    let server = Server::start();
    let mut connection = client(&server.url()).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_millis(30)))
        .unwrap();
    server.stop();
    assert!(
        redis::cmd("PING")
            .query::<()>(&mut connection)
            .unwrap_err()
            .is_timeout()
    );
    server.cont();
    assert_eq!(server.cli(&["PING"]), Value::SimpleString("PONG".into()));
}

#[test]
fn a_stopped_server_can_be_dropped() {
    let server = Server::start();
    server.stop();
    let pid = server.pid().unwrap();
    drop(server);
    assert!(!is_alive(pid));
}

#[test]
fn second_process() {
    Role::play("owner", |role| {
        let server = Server::start();
        role.say(&server.pid().unwrap().to_string());
        let _ = role.hear();
    });
}

#[test]
fn a_server_does_not_outlive_a_test_that_is_killed() {
    let mut owner = ChildProcess::spawn("server::tests::second_process", "owner", &[]);
    let pid = owner.hear().parse().unwrap();
    assert!(is_alive(pid));
    owner.kill();
    assert!(eventually_blocking(START_WITHIN, || !is_alive(pid)));
}

#[test]
fn counters_tell_the_callers_work_from_the_harness() {
    let server = Server::start();
    server.reset_commandstats();
    server.set("key", b"value");
    let _ = (server.get("key"), server.get("key"));
    let expected = BTreeMap::from([("get".to_owned(), 2), ("set".to_owned(), 1)]);
    assert_eq!(server.data_commands(), expected);
    assert!(server.commandstats()["info"] >= 1);
    server.reset_commandstats();
    assert_eq!(server.data_commands(), BTreeMap::new());
}

#[test]
fn a_ttl_is_told() {
    let server = Server::start();
    server.run(&["SET", "key", "value", "PX", "60000"]);
    let left = server.ttl("key").unwrap();
    assert!(
        left > Duration::from_secs(50) && left <= Duration::from_secs(60),
        "{left:?}"
    );
    server.set("for ever", b"value");
    assert_eq!(
        (server.ttl("for ever"), server.ttl("missing")),
        (None, None)
    );
}

#[test]
fn a_password_with_special_characters_is_needed_and_works() {
    let server = Server::builder().password("p@ss/w:rd%?").start();
    assert!(
        client(&server.url_as("", ""))
            .and_then(|mut c| ping(&mut c))
            .is_err()
    );
    ping(&mut client(&server.url()).unwrap()).unwrap();
}

#[test]
fn an_acl_user_has_only_the_rights_given() {
    let server = Server::builder()
        .user("app", "secret", "~app:* +get +ping")
        .start();
    let mut connection = client(&server.url()).unwrap();
    ping(&mut connection).unwrap();
    let mut get = |key: &str| {
        redis::cmd("GET")
            .arg(key)
            .query::<Option<String>>(&mut connection)
    };
    assert_eq!(get("app:1").unwrap(), None);
    assert_eq!(get("other:1").unwrap_err().code(), Some("NOPERM"));
    assert!(
        client(&server.url_as("", ""))
            .and_then(|mut c| ping(&mut c))
            .is_err()
    );
}

#[test]
fn a_unix_socket_replaces_the_port() {
    let server = Server::builder().unix_socket().password("secret").start();
    assert_eq!(server.port(), None);
    assert!(
        server.url().starts_with("redis+unix:///"),
        "{}",
        server.url()
    );
    ping(&mut client(&server.url()).unwrap()).unwrap();
    server.kill();
    server.restart();
    ping(&mut client(&server.url()).unwrap()).unwrap();
}

#[test]
fn arguments_reach_the_server() {
    let server = Server::start_with(&["--maxmemory", "8mb", "--maxmemory-policy", "noeviction"]);
    assert_eq!(server.info("memory")["maxmemory"], "8388608");
}

#[test]
#[should_panic(expected = "the server did not start; its log")]
fn a_wrong_argument_is_reported_with_the_log() {
    let _ = Server::start_with(&["--maxmemory-policy", "no-such-policy"]);
}

#[test]
#[should_panic(expected = "cannot run `no-such-redis-server`")]
fn a_missing_program_is_reported() {
    let _ = Server::builder().binary("no-such-redis-server").start();
}

fn ping(connection: &mut redis::Connection) -> redis::RedisResult<()> {
    redis::cmd("PING").query(connection)
}

fn is_alive(pid: u32) -> bool {
    let probe = format!("kill -0 {pid}");
    Command::new("sh")
        .args(["-c", &probe])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}
