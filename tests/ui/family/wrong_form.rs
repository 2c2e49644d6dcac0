use cached_redis_runtime::{cache_aside, cache_invalidate, key_family};

key_family! {
    pub UserById(id: u64) -> u64 = "user:<id>";
}

#[cache_aside(key = UserById, ttl = 60)]
async fn bare(id: u64) -> u64 {
    id
}

#[cache_aside(key = UserById { id }, ttl = 60)]
async fn braces(id: u64) -> u64 {
    id
}

#[cache_aside(key = UserById::<u64>(id), ttl = 60)]
async fn generic(id: u64) -> u64 {
    id
}

#[cache_aside(key = (|id| UserById(id))(id), ttl = 60)]
async fn closure(id: u64) -> u64 {
    id
}

#[cache_aside(key = key_of(id), ttl = 60)]
async fn function(id: u64) -> u64 {
    id
}

#[cache_invalidate(keys(UserById(&id).key(), "user:<id>"))]
async fn method(id: u64) -> u64 {
    id
}

fn main() {
    drop((bare(1), braces(1), generic(1), closure(1), function(1), method(1)));
    drop(UserById(&1));
}
