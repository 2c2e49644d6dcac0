use std::borrow::Cow;

use cached_redis_runtime::cache_aside;

struct Pool;

#[cache_aside(key = "user:<name>", ttl = 60, refresh_ahead = 0.8)]
async fn by_name(name: &str) -> usize {
    name.len()
}

#[cache_aside(key = "user:<id>", ttl = 60, stale = "1m", soft_timeout = "1s", skip(pool))]
async fn with_a_pool(pool: &Pool, id: u64) -> u64 {
    let _ = pool;
    id
}

#[cache_aside(key = "users:<ids>", ttl = 60, refresh_ahead = 0.8)]
async fn many(ids: Option<&[u64]>) -> usize {
    ids.map_or(0, |ids| ids.len())
}

#[cache_aside(key = "slice:<ids>", ttl = 60, refresh_ahead = 0.8)]
async fn slice(ids: &[u64]) -> usize {
    ids.len()
}

#[cache_aside(key = "word:<word>", ttl = 60, refresh_ahead = 0.8)]
async fn cow(word: Cow<'_, str>) -> usize {
    word.len()
}

#[cache_aside(key = "point:<x>:<y>", ttl = 60, refresh_ahead = 0.8)]
async fn pattern((x, y): (u64, &u64)) -> u64 {
    x + y
}

fn main() {
    drop(by_name("Ada"));
    drop(with_a_pool(&Pool, 1));
    drop(many(None));
    drop(slice(&[]));
    drop(cow("a".into()));
    drop(pattern((1, &2)));
}
