use cached_redis_runtime::CacheKey;

#[derive(CacheKey)]
#[cache_key(path = cached_redis_runtime)]
struct Id(u64);

#[derive(CacheKey)]
#[cache_key(crate = cached_redis_runtime, crate = cached_redis_runtime)]
struct Other(u64);

fn main() {
    drop(Id(1));
    drop(Other(1));
}
