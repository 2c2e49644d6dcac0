use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, refresh_ahead = 0.8, skip(name))]
async fn find<T: AsRef<str> + Send>(id: u64, name: T) -> u64 {
    let _ = name.as_ref();
    id
}

fn main() {
    drop(find(1, "Ada"));
}
