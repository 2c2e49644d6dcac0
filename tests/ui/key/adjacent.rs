use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "user:<first><last>")]
async fn find(first: &str, last: &str) -> usize {
    first.len() + last.len()
}

fn main() {
    drop(find("a", "b"));
}
