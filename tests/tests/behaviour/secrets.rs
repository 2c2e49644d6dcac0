//! Passwords, keys and values show nowhere: not in what the cache says aloud, not in errors, not in `Debug`.

use std::fmt::{Debug, Write as _};

use cached_redis_runtime::{
    Cache, Error, cache_aside, cache_invalidate, inspect, key, refresh, transaction,
};
use cached_redis_tests::Server;
use serde::{Deserialize, Serialize};

use crate::heard::Heard;

const SECRET: &str = "hunter2";

#[derive(Clone, Deserialize, Serialize)]
struct Account {
    password: String,
}

#[derive(Debug)]
struct Failed(String);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(format!("{error} {error:?}"))
    }
}

#[cache_aside(key = "account:<token>", ttl = 60, tags("owner:<token>"))]
async fn account(token: &str) -> Account {
    Account {
        password: token.to_owned(),
    }
}

#[cache_invalidate(
    keys("account:<token>", "session:<token>"),
    tags("owner:<token>"),
    before,
    on_error = "fail"
)]
async fn change(token: &str) -> Result<(), Failed> {
    let _ = token;
    Ok(())
}

/// Everything that can be said, in one text.
#[derive(Default)]
struct Said(String);

impl Said {
    fn add(&mut self, said: impl Debug) {
        writeln!(self.0, "{said:?}\n{said:#?}").unwrap();
    }
}

#[tokio::test]
async fn secrets_show_nowhere() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let mut said = Said::default();
    let server = Server::builder().password(SECRET).start();
    let cache = Cache::connect(&server.url()).await.unwrap();
    let work = async {
        account(SECRET).await;
        refresh(account(SECRET)).await;
        said.add(inspect(account(SECRET)).await.1);
        // What is stored quotes the secret, and is no account.
        let text = format!("{{\"password\":\"{SECRET}\"}}");
        server.set(&format!("account:{SECRET}"), text.as_bytes());
        account(SECRET).await;
        server.run(&["DEL", &format!("account:{SECRET}")]);
        server.run(&["RPUSH", &format!("account:{SECRET}"), SECRET]);
        account(SECRET).await;
        change(SECRET).await.unwrap();
        server.run(&["SET", &format!("%tag:owner:{SECRET}"), SECRET]);
        said.add(change(SECRET).await.unwrap_err().0);
        account(&SECRET.repeat(10_000)).await;
        server.kill();
        account(SECRET).await;
        said.add(change(SECRET).await.unwrap_err().0);
        transaction(change(SECRET)).await.unwrap();
        let token = SECRET;
        let key = key!("account:<token>");
        said.add(&key);
        said.add(cache.invalidate(&key).await.unwrap_err());
        said.add(cache.invalidate_tag(&key).await.unwrap_err());
        said.add(cache.ping().await.unwrap_err().to_string());
    };
    cache.scope(work).await;
    said.add(&cache);
    said.add(cache.stats());
    assert!(said.0.contains("account:<token>"), "by its template");
    assert!(!said.0.contains(SECRET), "{}", said.0);
    assert!(heard.times("") > 0, "something was said");
    assert_eq!(heard.times(SECRET), 0);
}

#[tokio::test]
async fn a_refused_login_and_a_wrong_url_do_not_show_the_password() {
    let server = Server::builder().password("another").start();
    let urls = [
        server.url_as("", SECRET),
        format!("redis://{SECRET}:{SECRET}@127.0.0.1:1/x"),
        format!("http://{SECRET}:{SECRET}@127.0.0.1"),
        format!("redis://:{SECRET}@[::1"),
        format!("redis+unix:///none?pass={SECRET}&db=x"),
    ];
    for url in urls {
        let builder = Cache::builder(&url);
        let debug = format!("{builder:?}");
        let error = builder.connect().await.expect_err("a wrong URL");
        let said = format!("{error} {error:?} {error:#?} {debug}");
        assert!(!said.contains(SECRET), "{said}");
    }
}
