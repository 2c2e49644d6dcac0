use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "t:<self.tenant>:user:<id>")]
async fn lookup(id: u64) -> u64 {
    id
}

fn main() {
    drop(lookup(1));
}
