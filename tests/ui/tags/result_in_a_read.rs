use cached_redis_runtime::cache_aside;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    team: u32,
}

#[cache_aside(key = "user:<id>", ttl = 60, tags("team:<ret.team>"))]
async fn find(id: u64) -> User {
    assert!(id > 0);
    User { team: 1 }
}

fn main() {
    drop(find(1));
}
