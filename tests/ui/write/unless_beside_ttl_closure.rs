use cached_redis_runtime::write_through;

#[write_through(key = "name:<id>", ttl = |name: &String| std::time::Duration::MAX, unless = String::is_empty)]
async fn rename(id: u64, name: String) -> String {
    let _ = id;
    name
}

fn main() {
    drop(rename(1, String::new()));
}
