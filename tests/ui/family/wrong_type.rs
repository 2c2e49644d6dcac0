use cached_redis_runtime::{CacheKey, cache_aside, key_family};

#[derive(CacheKey)]
pub struct UserId(u64);

key_family! {
    pub UserById(id: UserId) -> u64 = "user:<id>";
}

struct Request {
    id: u64,
}

#[cache_aside(key = UserById(request.id), ttl = 60)]
async fn find(request: Request) -> u64 {
    request.id
}

fn main() {
    drop(find(Request { id: 1 }));
}
