use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "user:<id>", skip(db))]
async fn find(id: u64, db: u64, r#type: u64) -> u64 {
    id + db + r#type
}

fn main() {
    drop(find(1, 2, 3));
}
