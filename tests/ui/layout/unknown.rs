use cached_redis_runtime::cache_aside;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    name: String,
}

#[cache_aside(key = "user:<id>", ttl = 60, layout = hsh)]
async fn find(id: u64) -> Option<User> {
    let _ = id;
    None
}

fn main() {
    drop(find(1));
}
