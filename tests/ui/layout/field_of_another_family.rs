use cached_redis_runtime::{key_family, write_through};

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    name: String,
}

key_family! {
    pub NameById(id: u64) -> String = "user:<id>:name";
}

#[write_through(key = NameById(id), layout = hash, field = User.name, value = name)]
async fn rename(id: u64, name: &str) {
    let _ = (id, name);
}

fn main() {
    drop(rename(1, "Ada"));
}
