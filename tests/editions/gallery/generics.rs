//! Type, const and lifetime parameters, in the function and around it.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::marker::PhantomData;

use cached_redis_runtime::{CacheKey, KeyName, cache_aside, cache_invalidate};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::body;

trait Entity: KeyName + Send + Sync {
    const TABLE: &'static str;
    type Id: CacheKey + Copy + Send + Sync;
    type Row: Serialize + DeserializeOwned + Default + Send + Sync + PartialEq + Debug;
}

#[derive(KeyName)]
struct Order;

#[derive(KeyName)]
struct Team;

impl Entity for Order {
    const TABLE: &'static str = "orders";
    type Id = u64;
    type Row = String;
}

impl Entity for Team {
    const TABLE: &'static str = "teams";
    type Id = (u8, u8);
    type Row = Vec<u8>;
}

// What a database library has.
trait Database: Send {}
trait Executor<'c>: Send {
    type Database: Database;
    fn answer(self) -> u64;
}

struct Sqlite;
struct Connection;
impl Database for Sqlite {}
impl Executor<'_> for &'_ Connection {
    type Database = Sqlite;
    fn answer(self) -> u64 {
        42
    }
}

#[cache_aside(key = "entity:<T>:<id>", ttl = 60)]
async fn by_type<T: Entity>(id: T::Id) -> Result<T::Row, String> {
    body();
    let _ = (id, T::TABLE);
    Ok(T::Row::default())
}

#[cache_aside(key = "page:<N>:<offset>", ttl = 60)]
async fn by_const<const N: usize>(offset: usize) -> Vec<usize> {
    body();
    (offset..offset + N).collect()
}

#[cache_aside(key = "mixed:<T>:<N>:<WIDE>:<id>", ttl = 60)]
async fn mixed<'a, T, const N: u8, const WIDE: bool>(id: &'a str) -> (usize, u8, bool)
where
    T: Entity + 'a,
{
    body();
    (id.len() + T::TABLE.len(), N, WIDE)
}

#[cache_aside(key = "executor:<id>", ttl = 60, skip(executor))]
async fn executor<'e, E>(executor: E, id: u64) -> Result<u64, ()>
where
    E: Executor<'e, Database = Sqlite> + 'e,
{
    body();
    Ok(executor.answer() + id)
}

#[cache_aside(key = "executor-impl:<id>", ttl = 60, skip(executor))]
async fn executor_as_impl<'e>(executor: impl Executor<'e> + 'e, id: u64) -> u64 {
    body();
    executor.answer() + id
}

#[cache_aside(key = "impl:<id>:<name>", ttl = 60)]
async fn impl_arguments(
    id: impl CacheKey + Display + Send + Sync,
    name: impl AsRef<str> + CacheKey + Send + Sync,
) -> String {
    body();
    format!("{}{}", id, name.as_ref())
}

#[cache_aside(key = "lifetimes:<short>:<long>", ttl = 60)]
async fn lifetimes<'short, 'long: 'short>(short: &'short str, long: Cow<'long, str>) -> usize {
    body();
    let longest: &'short str = if short.len() > long.len() { short } else { "" };
    longest.len()
}

#[cache_aside(key = "higher:<id>", ttl = 60, skip(read))]
async fn higher_ranked<F>(id: &str, read: F) -> usize
where
    F: for<'a> Fn(&'a str) -> &'a str + Send,
{
    body();
    read(id).len()
}

#[cache_aside(key = "by-value:<key>", ttl = 60, skip(K, V))]
async fn generic_value<K, V>(key: &K) -> V
where
    K: CacheKey + Hash + Eq + Sync + ?Sized,
    V: Serialize + DeserializeOwned + Default + Send + Sync,
{
    body();
    let _ = key;
    V::default()
}

#[cache_aside(key = "error:<id>", ttl = 60, skip(E))]
async fn generic_error<E: From<std::num::ParseIntError> + Send>(id: &str) -> Result<u64, E> {
    body();
    Ok(id.parse::<u64>()?)
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Sized2<T, const N: usize>(T, [(); N])
where
    [(); N]: Serialize + DeserializeOwned;

/// The attribute does not see these parameters: the type's tag in the entry keeps the instances apart.
struct Repository<'c, T: Entity, const SHARD: u32 = 1> {
    connection: &'c Connection,
    entity: PhantomData<T>,
}

impl<'c, T: Entity, const SHARD: u32> Repository<'c, T, SHARD> {
    const fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            entity: PhantomData,
        }
    }

    #[cache_aside(key = "around:<id>", ttl = 60)]
    async fn find(&self, id: T::Id) -> Option<T::Row> {
        body();
        let _ = (id, self.connection.answer());
        Some(T::Row::default())
    }

    #[cache_invalidate(key = "around:<id>")]
    async fn store(&self, id: T::Id, row: T::Row) -> Result<(), T::Row>
    where
        T::Row: Clone,
    {
        body();
        drop(row.clone());
        let _ = id;
        if SHARD == 1 { Ok(()) } else { Err(row) }
    }
}

#[cache_aside(key = "nested:<id>", ttl = 60)]
async fn nested_value(id: u64) -> Sized2<Option<u64>, 2> {
    body();
    Sized2(Some(id), [(); 2])
}

#[cache_invalidate(keys("entity:<T>:<id>", "page:<N>:<ret>"))]
async fn forget<T: Entity, const N: usize>(id: T::Id, reason: impl Display + Send) -> usize {
    body();
    let _ = id;
    reason.to_string().len()
}

shapes! {
    by_type { apart!(by_type::<Order>(1), by_type::<Team>((1, 2))); }
    by_const { apart!(by_const::<2>(0), by_const::<3>(0)); }
    mixed { apart!(mixed::<Team, 1, true>("a"), mixed::<Team, 1, false>("a")); }
    executor { hit!(executor(&Connection, 1)).unwrap(); }
    executor_as_impl { hit!(executor_as_impl(&Connection, 1)); }
    impl_arguments { apart!(impl_arguments(1, "a"), impl_arguments("1", String::from("b"))); }
    lifetimes { hit!(lifetimes("short", "long".into())); }
    higher_ranked { hit!(higher_ranked("a", |id| id)); }
    generic_value { assert_eq!(hit!(generic_value::<str, Vec<String>>("a")), Vec::<String>::new()); }
    generic_error { hit!(generic_error::<std::num::ParseIntError>("7")).unwrap(); }
    around { hit!(<Repository<'_, Order>>::new(&Connection).find(1)); }
    around_a_write {
        let repository = <Repository<'_, Team>>::new(&Connection);
        invalidates!(repository.store((1, 2), vec![]), repository.find((1, 2))).unwrap();
    }
    around_a_failed_write {
        let repository = Repository::<Order, 2>::new(&Connection);
        spares!(repository.store(1, String::new()), repository.find(1)).unwrap_err();
    }
    nested_value { hit!(nested_value(1)); }
    forget { invalidates!(forget::<Order, 4>(1, "because"), by_type::<Order>(1)); }
    forget_by_result { invalidates!(forget::<Order, 4>(1, "because"), by_const::<4>(7)); }
}
