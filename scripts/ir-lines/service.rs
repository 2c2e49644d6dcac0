//! A made-up service. Its functions are appended by `scripts/ir-lines.sh`.

use std::future::Future;
use std::pin::Pin;

pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<Option<Profile>, DbError>> + Send + 'a>>;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Profile {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub roles: Vec<String>,
}

#[derive(Debug)]
pub struct DbError;

pub struct Row {
    pub name: String,
    pub email: String,
    pub roles: Vec<String>,
}

pub struct Db;

impl Db {
    /// A boxed future, as the database libraries return.
    #[inline(never)]
    pub fn fetch(&self, query: u32, id: u64) -> Pin<Box<dyn Future<Output = Result<Option<Row>, DbError>> + Send + '_>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let row = Row { name: format!("{query}"), email: format!("{id}"), roles: Vec::new() };
            Ok(Some(row))
        })
    }
}

pub struct Service {
    pub db: Db,
    pub redis: redis::aio::MultiplexedConnection,
}

// What a macro that pastes its flow would keep in its runtime: everything that is the same for all functions.

pub const VALUE: u8 = 0xF8;
pub const LEASE: u8 = 0xFA;
pub const FILL: &str = "if redis.call('GETRANGE', KEYS[1], 1, 16) == ARGV[1] then \
    return redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end";
pub const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end";

#[inline(never)]
pub fn nonce() -> [u8; 16] {
    use std::hash::{BuildHasher, RandomState};
    let (one, two) = (RandomState::new().hash_one(1), RandomState::new().hash_one(2));
    (u128::from(one) << 64 | u128::from(two)).to_be_bytes()
}

#[inline(never)]
pub fn entry(state: u8, nonce: &[u8; 16], payload: &[u8]) -> Vec<u8> {
    let mut entry = vec![state];
    entry.extend_from_slice(nonce);
    entry.extend_from_slice(payload);
    entry
}
