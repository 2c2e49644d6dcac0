use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = |seconds| *seconds)]
async fn find(id: u32) -> u32 {
    id
}

fn main() {
    drop(find(1));
}
