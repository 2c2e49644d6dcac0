#![deny(warnings)]
#![no_implicit_prelude]
#![allow(dead_code, unused_macros)]

mod core {}
mod std {}
mod alloc {}
struct Ok;
struct Err;
struct Some;
struct None;
struct Box;
struct Send;
struct FnOnce;
struct Result;
struct Option;
mod cached_redis_runtime {}

macro_rules! concat {
    () => {};
}
macro_rules! compile_error {
    () => {};
}

use ::cached_redis_runtime as runtime;

struct Repo {
    tenant: u32,
}

#[derive(runtime::CacheKey, runtime::KeyName)]
struct UserId(u64);

#[derive(runtime::CacheKey)]
struct Pair {
    left: u64,
    right: UserId,
}

#[derive(runtime::CacheKey)]
enum Kind {
    Small,
    Large,
}

runtime::key_family! {
    pub(crate) ById(id: UserId) -> u32 = "by:<id>";
    All() -> u32 = "all";
}

impl Repo {
    #[runtime::cache_aside(key = ById(id), ttl = 60)]
    async fn by_id(&self, id: &UserId) -> ::core::option::Option<u32> {
        ::core::option::Option::Some(self.tenant)
    }

    #[runtime::cache_invalidate(keys(ById(id), ById(ret), All()))]
    async fn clear(&self, id: UserId) -> UserId {
        id
    }

    #[runtime::cache_aside(ttl = 60, none_ttl = 5, jitter = 0.5, max_loads = 2, version = 3, codec = json,
        key = "a:<self.tenant>:<id>", unless = |v| *v == 0)]
    async fn find(
        &self,
        id: UserId,
    ) -> ::core::result::Result<::core::option::Option<u32>, ::core::fmt::Error> {
        ::core::result::Result::Ok(::core::option::Option::Some(self.tenant))
    }

    #[runtime::cache_invalidate(keys("a:<self.tenant>:<id>", "b:<pair>:<kind>:<ret>"))]
    async fn update(&self, id: UserId, pair: Pair, kind: Kind) -> u32 {
        let key = runtime::key!("a:<self.tenant>:<id>");
        ::core::mem::drop((key, id, pair, kind));
        self.tenant
    }

    #[runtime::cache_aside(ttl = 60, key = "pinned:<id>")]
    fn pinned(
        id: u32,
    ) -> ::core::pin::Pin<
        ::std::boxed::Box<dyn ::core::future::Future<Output = u32> + ::core::marker::Send>,
    > {
        ::std::boxed::Box::pin(async move { id })
    }
}

fn main() {}
