use cached_redis_runtime::cache_aside;

struct User {
    id: u64,
}

#[cache_aside(key = "user:<user.uid>", ttl = 60)]
async fn find(user: User) -> u64 {
    user.id
}

fn main() {
    drop(find(User { id: 1 }));
}
