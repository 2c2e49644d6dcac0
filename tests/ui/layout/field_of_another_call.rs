use cached_redis_runtime::{cache_aside, field, field_of};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    name: String,
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Team {
    name: String,
}

#[cache_aside(key = "user:<id>", ttl = 60, layout = hash)]
async fn find(id: u64) -> Option<User> {
    let _ = id;
    None
}

fn main() {
    drop(field_of(find(1), field!(Team.name)));
}
