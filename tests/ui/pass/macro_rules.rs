#![deny(warnings)]

use cached_redis_runtime::{CacheKey, cache_aside, cache_invalidate};

macro_rules! reader {
    ($name:ident, $key:literal, $ttl:expr, $id:ident: $ty:ty) => {
        #[cache_aside(key = $key, ttl = $ttl)]
        async fn $name($id: $ty) -> u64 {
            u64::from($id)
        }
    };
}

// Every name but one comes from the macro.
macro_rules! repository {
    ($repo:ident) => {
        struct $repo {
            tenant: u64,
        }

        impl $repo {
            #[cache_aside(key = "repo:<self.tenant>:<id>", ttl = 60, skip(db))]
            async fn find(&self, id: u64, db: u32) -> u64 {
                self.tenant + id + u64::from(db)
            }

            #[cache_invalidate(keys("repo:<self.tenant>:<id>", "made:<id>:<ret>"))]
            async fn update(&self, id: u64) -> u64 {
                self.tenant + id
            }
        }
    };
}

// The template comes from the caller, the parameter that it names from the macro.
macro_rules! named_by_caller {
    ($name:ident, $key:literal) => {
        #[cache_aside(key = $key, ttl = 60)]
        async fn $name(user: (u64, u64)) -> u64 {
            user.0 + user.1
        }
    };
}

macro_rules! newtype {
    ($name:ident($inner:ty)) => {
        #[derive(CacheKey)]
        struct $name($inner);
    };
}

reader!(small, "small:<id>", 60, id: u8);
reader!(large, "large:<number>", "1h", number: u64);
repository!(Repo);
named_by_caller!(named_by_caller, "named:<user.0>:<user.1>");
newtype!(UserId(u64));

#[cache_aside(key = "user:<id>", ttl = 60)]
async fn user(id: UserId) -> u64 {
    id.0
}

fn main() {
    drop(small(1));
    drop(large(1));
    let repo = Repo { tenant: 1 };
    drop(repo.find(1, 2));
    drop(repo.update(1));
    drop(user(UserId(1)));
    drop(named_by_caller((1, 2)));
}
