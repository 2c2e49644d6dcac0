#![deny(warnings)]
#![forbid(
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    future_incompatible,
    let_underscore_drop,
    missing_debug_implementations,
    missing_docs,
    nonstandard_style,
    rust_2018_idioms,
    single_use_lifetimes,
    unit_bindings,
    unnameable_types,
    unreachable_code,
    unreachable_pub,
    unsafe_code,
    unused,
    unused_lifetimes,
    unused_qualifications,
    variant_size_differences,
    clippy::all,
    clippy::nursery,
    clippy::pedantic
)]

//! Key families, and every form of argument that they take.

use std::borrow::Cow;
use std::sync::Arc;

use cached_redis_runtime::{
    Cache, CacheKey, Error, Key, KeyFamily, KeyName, cache_aside, cache_invalidate,
};

/// Families in a module of their own.
pub mod keys {
    #![forbid(missing_copy_implementations)]

    use std::borrow::Cow;

    use super::{Filter, UserId};

    cached_redis_runtime::key_family! {
        /// One user.
        pub UserById(id: UserId) -> String = "user:<id>";
        #[doc(alias = "team")]
        pub(crate) Member(team: &str, name: Cow<'_, str>) -> u64 = "team:<team>:m:<name>";
        pub(super) Page(r#type: Option<&str>, filter: Filter, of: [u64]) -> [u64] =
            "page:{<type>}:<filter.page>:<of>";
        pub AllUsers() -> Vec<String> = "users:all";
        pub Setting(name: &'static str) -> str = "{settings}:<name>", one_slot;
        Private(id: u64) -> u64 = "private:<id>:<<>>:`";
    }

    #[cached_redis_runtime::cache_aside(key = Private(7), ttl = 60)]
    pub(super) async fn seven() -> u64 {
        7
    }
}

use keys::{AllUsers, Member, Page, UserById};

/// A key part.
#[derive(CacheKey, Debug, Clone, PartialEq, Eq)]
pub struct UserId(u64);

/// Of a page.
#[derive(Debug)]
pub struct Filter {
    page: u64,
}

/// With a name and an id.
#[derive(Debug)]
pub struct User {
    id: UserId,
    name: String,
}

/// By value, by reference, by shared pointer.
#[cache_aside(key = UserById(id), ttl = 60)]
pub async fn by_value(id: UserId) -> String {
    let UserId(id) = id;
    id.to_string()
}

/// By reference.
///
/// # Errors
/// Never.
#[cache_aside(key = keys::UserById(id), ttl = 60)]
pub async fn by_reference(id: &UserId) -> Result<Option<Arc<String>>, std::fmt::Error> {
    Ok(Some(Arc::new(id.0.to_string())))
}

/// By shared pointer.
#[cache_aside(key = crate::keys::UserById(id), ttl = 60)]
pub async fn by_pointer(id: Arc<UserId>) -> Option<String> {
    Some(id.0.to_string())
}

/// An expression.
#[cache_aside(key = UserById(UserId(user.id.0 + u64::from(true))), ttl = 60)]
pub async fn computed(user: &User) -> Arc<String> {
    Arc::new(user.name.clone())
}

/// Strings of every kind.
#[cache_aside(key = Member(team, Cow::Borrowed(name)), ttl = 60)]
pub async fn member(team: String, name: &str) -> u64 {
    (team + name).len() as u64
}

/// A slice.
#[cache_aside(key = Page(kind, filter, ids), ttl = 60)]
pub async fn page(kind: Option<&str>, filter: Filter, ids: Vec<u64>) -> Arc<[u64]> {
    let _ = (kind, filter.page);
    ids.into()
}

/// The name of a type.
#[cache_aside(key = Member(T::KEY_NAME, Cow::Borrowed(&name)), ttl = 60)]
pub async fn of_type<T: KeyName>(name: String) -> u64 {
    name.len() as u64
}

/// No arguments.
#[cache_aside(key = AllUsers(), ttl = 60)]
pub async fn all() -> Vec<String> {
    Vec::new()
}

/// Text without a size.
#[cache_aside(key = keys::Setting("mode"), ttl = 60)]
pub async fn setting() -> Arc<str> {
    Arc::from("")
}

/// What a write clears.
#[cache_invalidate(keys(
    UserById(user.id),
    AllUsers(),
    "user:<user.id>:name",
    UserById(ret.0),
    Member(team.clone(), Cow::Borrowed(ret.1.as_str())),
), always)]
pub async fn update(user: User, team: String) -> (UserId, String) {
    let User { id, name } = user;
    (id, team + &name)
}

/// The whole result.
#[cache_invalidate(key = UserById(ret))]
pub async fn create() -> UserId {
    UserId(1)
}

macro_rules! repository {
    ($find:ident, $family:ident, $id:ident: $ty:ty) => {
        /// Named by a macro.
        #[cache_aside(key = $family($id), ttl = 60)]
        pub async fn $find($id: &$ty) -> String {
            $id.0.to_string()
        }
    };
}

repository!(found, UserById, user_id: UserId);

macro_rules! families {
    ($name:ident, $template:literal) => {
        cached_redis_runtime::key_family! {
            crate = cached_redis_runtime;
            /// Declared by a macro.
            pub $name(id: u64) -> u64 = $template;
        }
    };
}

families!(Declared, "declared:<id>");

const fn is_send<T: Send>(value: T) -> T {
    value
}

fn text(key: impl Into<Key>) -> String {
    key.into().to_string()
}

/// By hand.
///
/// # Errors
/// When the server is away.
pub async fn by_hand(cache: &Cache, id: &UserId) -> Result<(), Error> {
    let key = UserById(id).key();
    cache.invalidate(&key).await?;
    cache.invalidate(key).await?;
    cache.invalidate(UserById(id)).await?;
    is_send(cache.invalidate(AllUsers())).await
}

fn main() {
    let id = UserId(7);
    let copy = UserById(&id);
    assert_eq!(text(copy), "user:7");
    assert_eq!(format!("{copy:?}"), "UserById(\"user:<id>\")");
    assert_eq!(UserById::TEMPLATE, "user:<id>");
    assert_eq!(text(Declared(&1)), "declared:1");
    assert_eq!(
        text(Page(&None, &Filter { page: 1 }, &[1, 2])),
        "page:{~}:1:[1,2]"
    );
    let user = || User {
        id: UserId(1),
        name: String::new(),
    };
    drop(is_send(by_value(UserId(1))));
    drop(is_send(by_reference(&id)));
    drop(is_send(by_pointer(Arc::new(UserId(1)))));
    drop(is_send(computed(&user())));
    drop(is_send(member(String::new(), "")));
    drop(is_send(of_type::<u8>(String::new())));
    drop(is_send(page(None, Filter { page: 1 }, vec![])));
    drop((
        is_send(all()),
        is_send(setting()),
        is_send(create()),
        is_send(found(&id)),
    ));
    drop(is_send(update(user(), String::new())));
    drop(keys::seven());
}
