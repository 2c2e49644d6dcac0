use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, skip(db, db))]
async fn find(id: u64, db: u64) -> u64 {
    id + db
}

fn main() {
    drop(find(1, 2));
}
