//! A module in which nothing is what its name says.

#![no_implicit_prelude]
#![allow(
    dead_code,
    unused_macros,
    reason = "the names are there to be in the way"
)]

use ::cached_redis_runtime as runtime;

use super::body;

mod core {}
mod std {}
mod alloc {}
mod cached_redis_runtime {}
mod serde {}
mod tokio {}

struct Ok;
struct Err;
struct Some;
struct None;
struct Box;
struct Send;
struct Fn;
struct FnOnce;
struct Drop;
struct Clone;
struct Into;
struct From;
struct Iterator;
struct Future;
struct Pin;
struct Result;
struct Option;
struct String;
struct Vec;
struct ToString;
struct Default;
struct Duration;
struct Cache;
struct Site;
struct Call;

macro_rules! compile_error {
    () => {};
}
macro_rules! unreachable {
    () => {};
}

struct Repo {
    tenant: u32,
}

#[derive(runtime::CacheKey, runtime::KeyName, ::core::clone::Clone, ::core::marker::Copy)]
struct UserId(u64);

#[derive(runtime::CacheKey, ::core::clone::Clone, ::core::marker::Copy)]
struct Pair {
    left: u64,
    right: UserId,
}

#[derive(runtime::CacheKey, ::core::clone::Clone, ::core::marker::Copy)]
enum Kind {
    Small,
    Large,
}

type Found<T> = ::core::result::Result<::core::option::Option<T>, ::core::fmt::Error>;

impl Repo {
    #[runtime::cache_aside(ttl = 60, none_ttl = 5, jitter = 0.5, max_loads = 2, version = 3, key = "a:<self.tenant>:<id>", unless = |v| *v == 0)]
    async fn find(&self, id: UserId) -> Found<u32> {
        body();
        let _ = id;
        ::core::result::Result::Ok(::core::option::Option::Some(self.tenant))
    }

    #[runtime::cache_aside(ttl = "1m", key = "c:<pair>:<kind>")]
    async fn by_pair(pair: Pair, kind: Kind) -> u64 {
        body();
        match kind {
            Kind::Small => pair.left,
            Kind::Large => pair.right.0,
        }
    }

    #[runtime::cache_invalidate(keys("a:<self.tenant>:<id>", "c:<pair>:<kind>", "b:<kind>:<ret>"))]
    async fn update(&self, id: UserId, pair: Pair, kind: Kind) -> u32 {
        body();
        let key = runtime::key!("a:<self.tenant>:<id>");
        ::core::mem::drop((key, id, pair, kind));
        self.tenant
    }

    #[runtime::write_through(key = "a:<self.tenant>:<id>", ttl = 60, value = kind)]
    async fn put(&self, id: UserId, kind: &u32) {
        body();
        let _ = (id, kind);
    }

    #[runtime::write_through(key = "b:<id>", ttl = 60, none_ttl = 1, unless = |_| false)]
    async fn make(&self, id: UserId) -> ::core::result::Result<u32, ()> {
        body();
        let _ = id;
        ::core::result::Result::Ok(self.tenant)
    }

    #[runtime::cache_aside(ttl = 60, key = "pinned:<id>")]
    fn pinned(
        id: u32,
    ) -> ::core::pin::Pin<
        ::std::boxed::Box<dyn ::core::future::Future<Output = u32> + ::core::marker::Send>,
    > {
        ::std::boxed::Box::pin(async move {
            body();
            id
        })
    }

    #[runtime::cache_aside(ttl = 60, key = "opaque:<id>")]
    fn opaque(id: u32) -> impl ::core::future::Future<Output = u32> + ::core::marker::Send {
        async move {
            body();
            id
        }
    }

    #[runtime::cache_aside(ttl = 60, key = "type:<T>")]
    async fn by_type<T: runtime::KeyName>() -> u32 {
        body();
        7
    }
}

/// The checks need their names back.
pub(crate) mod checks {
    use ::std::boxed::Box;
    use ::std::{assert_eq, concat, module_path, stringify};

    use super::{Kind, Pair, Repo, UserId};

    const fn pair() -> Pair {
        Pair {
            left: 1,
            right: UserId(2),
        }
    }

    const fn repo() -> Repo {
        Repo { tenant: 7 }
    }

    shapes! {
        method { hit!(repo().find(UserId(1))).unwrap(); }
        derived { apart!(Repo::by_pair(pair(), Kind::Small), Repo::by_pair(pair(), Kind::Large)); }
        pinned { hit!(Repo::pinned(1)); }
        opaque { hit!(Repo::opaque(1)); }
        by_type { hit!(Repo::by_type::<UserId>()); }
        put { repo().put(UserId(1), &3).await; repo().make(UserId(1)).await.unwrap(); }
        write { invalidates!(repo().update(UserId(1), pair(), Kind::Small), repo().find(UserId(1))); }
    }
}
