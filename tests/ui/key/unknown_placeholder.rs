use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 3600, key = "user:<user_id>:<tenant>:profile")]
async fn get_user(uid: u64, tenant: &str) -> u64 {
    uid + tenant.len() as u64
}

fn main() {
    drop(get_user(1, "acme"));
}
