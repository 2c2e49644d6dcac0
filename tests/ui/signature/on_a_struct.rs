use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user", ttl = 60)]
struct User;

fn main() {
    drop(User);
}
