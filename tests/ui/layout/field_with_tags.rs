use cached_redis_runtime::write_through;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    name: String,
}

#[write_through(key = "user:<id>", layout = hash, field = User.name, value = name, tags("all"))]
async fn rename(id: u64, name: &str) {
    let _ = (id, name);
}

fn main() {
    drop(rename(1, "Ada"));
}
