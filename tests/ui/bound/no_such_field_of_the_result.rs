use cached_redis_runtime::cache_invalidate;

struct User {
    id: u64,
}

#[cache_invalidate(key = "user:<ret.uid>")]
async fn create(id: u64) -> Option<User> {
    Some(User { id })
}

fn main() {
    drop(create(1));
}
