//! The cache-aside of the guides: `GET`, load, `SET`, and `DEL` after a write. To see that the checker finds its races.

use std::collections::HashMap;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult};

use super::functions::{Conduct, Failure, Found, FoundMany, Receipt, Row, load, store};
use super::link::Link;
use crate::call::Way;

const TTL_SECONDS: u64 = 3600;
/// What is stored where there is no row.
const ABSENT: u64 = 0;

#[derive(Clone)]
pub(super) struct Naive(ConnectionManager);

impl Naive {
    pub(super) async fn connect(url: &str, deadline: Duration) -> Self {
        loop {
            let config = ConnectionManagerConfig::new()
                .set_connection_timeout(Some(Duration::from_secs(1)))
                .set_response_timeout(Some(deadline));
            let client = Client::open(url).expect("the URL of a proxy");
            // It does without a server later, but not at the start.
            if let Ok(connection) = ConnectionManager::new_with_config(client, config).await {
                return Self(connection);
            }
        }
    }

    /// One after the other; how the last one was served stands for all.
    pub(super) async fn find_all(
        &self,
        link: &Link,
        ids: &[u32],
        conduct: Conduct,
    ) -> (FoundMany, Way) {
        let (mut rows, mut way) = (HashMap::new(), Way::Other);
        for &id in ids {
            let found;
            (found, way) = self.find(link, id, conduct).await;
            match found {
                Ok(row) => rows.extend(row.map(|row| (id, row))),
                Err(error) => return (Err(error), way),
            }
        }
        (Ok(rows), way)
    }

    async fn find(&self, link: &Link, id: u32, conduct: Conduct) -> (Found, Way) {
        let key = key(id);
        let got: RedisResult<Option<u64>> = redis::cmd("GET")
            .arg(&key)
            .query_async(&mut self.0.clone())
            .await;
        let way = match got {
            Ok(Some(ABSENT)) => return (Ok(None), Way::Hit),
            Ok(Some(version)) => return (Ok(Some(Row { id, version })), Way::Hit),
            Ok(None) => Way::Miss,
            Err(_) => Way::Uncached,
        };
        let found = load(link, id, conduct).await;
        if let Ok(row) = found {
            let version = row.map_or(ABSENT, |row| row.version);
            let set = redis::cmd("SET")
                .arg(&key)
                .arg(version)
                .arg("EX")
                .arg(TTL_SECONDS)
                .to_owned();
            // The function does not fail because the cache did.
            let _: RedisResult<()> = set.query_async(&mut self.0.clone()).await;
        }
        (found, way)
    }

    /// Says whether the `DEL` was executed.
    pub(super) async fn update(
        &self,
        link: &Link,
        id: u32,
        conduct: Conduct,
        receipt: &Receipt,
    ) -> Result<bool, Failure> {
        store(link, id, conduct, receipt).await?;
        let del = redis::cmd("DEL").arg(key(id)).to_owned();
        let deleted: RedisResult<()> = del.query_async(&mut self.0.clone()).await;
        Ok(deleted.is_ok())
    }
}

fn key(id: u32) -> String {
    format!("naive:{id}")
}
