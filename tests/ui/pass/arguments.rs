#![deny(warnings)]

use core::time::Duration;

use cached_redis_runtime::{Cache, cache_aside, cache_invalidate};

const TTL: Duration = Duration::from_secs(60);

struct Repo {
    cache: Cache,
}

fn is_short(name: &String) -> bool {
    name.len() < 3
}

impl Repo {
    const NONE_TTL: Duration = Duration::from_secs(5);

    #[cache_aside(
        key = "all:<id>",
        ttl = TTL,
        jitter = 0.25,
        none_ttl = Self::NONE_TTL,
        skip(fresh),
        when = !fresh,
        unless = |name| name.is_empty(),
        version = 2,
        codec = json,
        cache = self.cache,
        crate = ::cached_redis_runtime,
    )]
    async fn all(&self, id: u64, fresh: bool) -> Result<Option<String>, std::fmt::Error> {
        let _ = fresh;
        Ok(Some(id.to_string()))
    }

    #[cache_invalidate(key = "all:<id>", when = !dry_run, always, cache = self.cache)]
    async fn update(&self, id: u64, dry_run: bool) -> Result<(), std::fmt::Error> {
        let _ = (id, dry_run);
        Ok(())
    }
}

#[cache_aside(key = "plain", ttl = Duration::from_secs(60 * 60), jitter = 0, max_loads = 1, none_ttl = 5, codec = msgpack)]
async fn plain() -> Option<u8> {
    None
}

#[cache_aside(key = "by-function:<id>", ttl = "500ms", jitter = 1, codec = postcard, unless = is_short)]
async fn by_function(id: u32) -> String {
    id.to_string()
}

#[cache_aside(key = "{node}:<id>", ttl = "2d", codec = bincode, one_slot)]
async fn one_slot(id: u32) -> u32 {
    id
}

#[cache_aside(key = "cart:{<id>}:items:<<all>>", ttl = 1)]
async fn tagged(id: u32) -> u32 {
    id
}

fn main() {
    let _ = (Repo::all, Repo::update, plain, by_function, one_slot, tagged);
}
