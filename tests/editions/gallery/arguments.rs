//! Parameters: borrowed and owned, patterns, unnamed ones, ones that come and go with `#[cfg]`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::TryFrom as _;
use std::fmt;
use std::num::NonZero;
use std::sync::Arc;

use cached_redis_runtime::{CacheKey, cache_aside, cache_invalidate};

use super::body;

#[derive(CacheKey, Clone, Copy)]
struct UserId(u64);

#[derive(CacheKey, Clone, Copy)]
enum Order {
    Newest,
    Oldest,
}

struct User {
    id: u64,
    name: String,
}

#[derive(Clone, Copy)]
struct Pool(u64);

impl Pool {
    fn read(self, id: u64) -> u64 {
        body();
        self.0 + id
    }
}

// The extractors of a web framework.
struct State<T>(T);
struct Path<T>(T);
struct Query<T>(T);

struct Page {
    number: u32,
    size: u32,
}

#[cache_aside(key = "text:<name>", ttl = 60)]
async fn text(name: &str) -> usize {
    body();
    name.len()
}

#[cache_aside(key = "slice:<ids>", ttl = 60)]
async fn slice(ids: &[u64]) -> u64 {
    body();
    ids.iter().sum()
}

#[cache_aside(key = "option:<name>", ttl = 60)]
async fn option(name: Option<&str>) -> Option<usize> {
    body();
    name.map(str::len).or(Some(0))
}

#[cache_aside(key = "cow:<name>", ttl = 60)]
async fn cow(name: Cow<'_, str>) -> String {
    body();
    name.into_owned()
}

#[cache_aside(key = "tuple:<range>", ttl = 60)]
async fn tuple(range: (u32, Option<u32>)) -> u32 {
    body();
    range.1.unwrap_or(u32::MAX) - range.0
}

#[cache_aside(key = "newtypes:<id>:<order>", ttl = 60)]
async fn newtypes(id: UserId, order: Order) -> u64 {
    body();
    match order {
        Order::Newest => id.0,
        Order::Oldest => 0,
    }
}

#[cache_aside(key = "owned:<name>:<ids>:<tag>", ttl = 60)]
async fn owned(name: String, ids: Vec<u64>, tag: Arc<str>) -> usize {
    body();
    let (name, ids, tag) = (name.into_bytes(), ids.into_boxed_slice(), tag);
    tokio::task::yield_now().await;
    name.len() + ids.len() + tag.len()
}

#[cache_aside(key = "scalars:<flag>:<letter>:<small>:<nonzero>:<wide>", ttl = 60)]
async fn scalars(flag: bool, letter: char, small: i8, nonzero: NonZero<u32>, wide: u128) -> String {
    body();
    format!("{flag}{letter}{small}{nonzero}{wide}")
}

#[cache_aside(key = "state:<id>", ttl = 60, skip(pool))]
async fn state(State(pool): State<Pool>, Path(id): Path<u64>) -> u64 {
    pool.read(id)
}

#[cache_aside(key = "path:<team>:<user>:<number>:<size>", ttl = 60, skip(pool))]
async fn path(
    State(pool): State<&Pool>,
    Path((team, user)): Path<(String, u64)>,
    Query(Page { number, size }): Query<Page>,
) -> Result<(String, u64), ()> {
    let user = pool.read(user) + u64::from(number * size);
    Ok((team, user))
}

#[cache_aside(key = "fields:<id>", ttl = 60)]
async fn fields(User { id, .. }: &User) -> u64 {
    body();
    *id
}

#[cache_aside(key = "renamed:<user_id>:<name>", ttl = 60)]
async fn renamed(User { id: user_id, name }: User) -> (u64, String) {
    body();
    (user_id, name)
}

#[cache_aside(key = "field:<user.id>", ttl = 60)]
async fn field(user: &User) -> usize {
    body();
    user.name.len()
}

#[cache_aside(key = "mutable:<count>:<names>", ttl = 60)]
async fn mutable(mut count: u32, mut names: Vec<String>) -> u32 {
    body();
    names.push(String::new());
    count += u32::try_from(names.len()).unwrap_or(0);
    count
}

#[cache_aside(key = "mutable-in-pattern:<a>:<b>", ttl = 60)]
async fn mutable_in_pattern((mut a, b): (u32, u32)) -> u32 {
    body();
    a += b;
    a
}

#[cache_aside(key = "bound:<whole.0>:<whole.1>", ttl = 60)]
async fn bound(whole @ (_, second): (u8, u8)) -> u8 {
    body();
    whole.0 + second
}

#[cache_aside(key = "array:<first>:<last>", ttl = 60)]
async fn array([first, .., last]: [u8; 4]) -> u8 {
    body();
    first + last
}

#[cache_aside(key = "reference:<id>", ttl = 60)]
async fn reference(&id: &u32) -> u32 {
    body();
    id
}

#[cache_aside(key = "unnamed", ttl = 60, skip(_))]
async fn unnamed(_: &str, _: Pool) -> u32 {
    body();
    1
}

#[cache_aside(key = "unused:<id>", ttl = 60, skip(_trace))]
async fn unused(id: u32, _trace: &str) -> u32 {
    body();
    id
}

/// The key uses the parameter, the body does not.
#[cache_aside(key = "only-in-key:<version>", ttl = 60)]
async fn only_in_key(version: u32) -> u32 {
    body();
    3
}

#[cache_aside(key = "raw:<type>:<match>", ttl = 60)]
async fn raw(r#type: u32, r#match: &str) -> usize {
    body();
    r#type as usize + r#match.len()
}

#[cache_aside(key = "configured:<id>:<locale>:<extra>", ttl = 60)]
async fn configured(
    id: u32,
    #[cfg(not(test))] locale: &str,
    #[cfg(test)] locale: u32,
    #[cfg(not(test))] extra: NotAType,
) -> u32 {
    body();
    id + locale
}

#[cache_aside(key = "skipped:<id>", ttl = 60, skip(log, factor, headers))]
async fn skipped(
    id: u64,
    log: &mut (dyn fmt::Write + Send),
    factor: impl Fn(u64) -> u64 + Send,
    headers: &HashMap<String, String>,
) -> u64 {
    body();
    let _ = write!(log, "{}", headers.len());
    factor(id)
}

#[cache_aside(key = "pointer:<id>", ttl = 60, skip(convert))]
async fn function_pointer(id: u64, convert: fn(u64) -> String) -> String {
    body();
    convert(id)
}

#[cache_aside(key = "attributes:<id>:<name>", ttl = 60, skip(unused))]
async fn attributes(
    id: &impl CacheKeyOf,
    #[allow(unused_variables, reason = "on the parameter itself")] unused: u32,
    #[cfg_attr(test, allow(clippy::ptr_arg, reason = "on the parameter itself"))] name: &String,
) -> usize {
    body();
    id.number() + name.len()
}

/// A trait of one's own on top of ours.
trait CacheKeyOf: CacheKey + Sync {
    fn number(&self) -> usize;
}

impl CacheKeyOf for u8 {
    fn number(&self) -> usize {
        usize::from(*self)
    }
}

#[cache_aside(key = "nothing", ttl = 60)]
async fn nothing() -> u32 {
    body();
    1
}

#[cache_invalidate(key = "field:<id>")]
async fn write(_: Pool, User { id, name }: User, [_, ..]: [u8; 2], (): ()) -> usize {
    body();
    name.len() + usize::try_from(id).unwrap_or(0)
}

fn user() -> User {
    User {
        id: 1,
        name: "Ada".to_owned(),
    }
}

shapes! {
    text { apart!(text("a:b"), text("a")); }
    slice { apart!(slice(&[1, 2]), slice(&[])); }
    option { apart!(option(Some("")), option(None)); }
    cow { hit!(cow(Cow::Borrowed("a"))); }
    tuple { apart!(tuple((1, None)), tuple((1, Some(2)))); }
    newtypes { apart!(newtypes(UserId(1), Order::Newest), newtypes(UserId(1), Order::Oldest)); }
    owned { hit!(owned("a".to_owned(), vec![1], "tag".into())); }
    scalars { hit!(scalars(true, 'é', -1, NonZero::new(1).unwrap(), u128::MAX)); }
    state { hit!(state(State(Pool(7)), Path(1))); }
    path { hit!(path(State(&Pool(7)), Path(("a".to_owned(), 1)), Query(Page { number: 1, size: 2 }))).unwrap(); }
    fields { hit!(fields(&user())); }
    renamed { hit!(renamed(user())); }
    field { hit!(field(&user())); }
    mutable { hit!(mutable(1, vec![])); }
    mutable_in_pattern { hit!(mutable_in_pattern((1, 2))); }
    bound { hit!(bound((1, 2))); }
    array { hit!(array([1, 2, 3, 4])); }
    reference { hit!(reference(&1)); }
    unnamed { hit!(unnamed("", Pool(7))); }
    unused { hit!(unused(1, "trace")); }
    only_in_key { apart!(only_in_key(1), only_in_key(2)); }
    raw { hit!(raw(1, "a")); }
    configured { apart!(configured(1, 2), configured(1, 3)); }
    skipped { hit!(skipped(1, &mut String::new(), |id| id + 1, &HashMap::new())); }
    function_pointer { hit!(function_pointer(1, |id| id.to_string())); }
    attributes { hit!(attributes(&1_u8, 2, &"a".to_owned())); }
    nothing { hit!(nothing()); }
    write { invalidates!(write(Pool(7), user(), [1, 2], ()), field(&user())); }
}
