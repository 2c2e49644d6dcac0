#![deny(warnings)]

use std::borrow::Cow;
use std::fmt::Display;

use cached_redis_runtime::{CacheKey, KeyName, cache_aside, cache_invalidate};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(KeyName)]
struct Order;

trait Entity: KeyName {
    type Row: Serialize + DeserializeOwned + Default + Send;
}

impl Entity for Order {
    type Row = String;
}

trait Database {}
trait Executor<'a> {
    type Database: Database;
}

#[cache_aside(ttl = 60, key = "entity:<T>:<id>")]
async fn by_type<T: Entity>(id: u64) -> Result<T::Row, std::io::Error> {
    let _ = id;
    Ok(T::Row::default())
}

#[cache_aside(ttl = 60, key = "page:<N>:<offset>")]
async fn by_const<const N: usize>(offset: usize) -> Vec<usize> {
    (offset..offset + N).collect()
}

#[cache_aside(ttl = 60, key = "user:<id>", skip(executor))]
async fn skipped_type<'a, E, D>(executor: E, id: &'a str) -> String
where
    E: Executor<'a, Database = D>,
    D: Database,
{
    drop(executor);
    id.to_owned()
}

#[cache_aside(ttl = 60, key = "name:<name>:<id>", skip(K))]
async fn lifetimes<'a, K: CacheKey + Display>(name: Cow<'a, str>, id: &K) -> String {
    format!("{name}{id}")
}

#[cache_aside(ttl = 60, key = "impl:<id>")]
async fn impl_param(id: impl CacheKey + Display) -> String {
    id.to_string()
}

#[cache_invalidate(key = "entity:<T>:<id>")]
async fn forget<T: Entity>(id: u64, reason: impl Display) {
    let _ = (id, reason.to_string());
}

#[cache_invalidate(key = "entity:<T>:<N>:<ret>")]
async fn create<T: Entity, const N: usize>() -> Option<u64> {
    None
}

struct Database1;
impl Database for Database1 {}
impl Executor<'_> for () {
    type Database = Database1;
}

fn main() {
    drop(by_type::<Order>(1));
    drop(by_const::<3>(1));
    drop(skipped_type((), "a"));
    drop(lifetimes(Cow::Borrowed("a"), &1));
    drop(impl_param(7));
    drop(forget::<Order>(1, "because"));
    drop(create::<Order, 2>());
}
