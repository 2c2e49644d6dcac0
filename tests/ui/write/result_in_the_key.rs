use cached_redis_runtime::write_through;

struct User {
    id: u64,
}

#[write_through(key = "user:<ret.id>", ttl = 60)]
async fn create(id: u64) -> User {
    User { id }
}

fn main() {}
