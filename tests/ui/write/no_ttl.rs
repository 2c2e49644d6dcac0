use cached_redis_runtime::write_through;

#[write_through(key = "total:<total>")]
async fn add(total: u64, more: u64) -> u64 {
    total + more
}

fn main() {}
