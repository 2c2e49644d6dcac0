use cached_redis_runtime::cache_aside;

struct User {
    id: u64,
}

#[cache_aside(key = "user:<id>", ttl = 60)]
async fn find(id: u64) -> Result<User, std::fmt::Error> {
    Ok(User { id })
}

fn main() {
    drop(find(1));
}
