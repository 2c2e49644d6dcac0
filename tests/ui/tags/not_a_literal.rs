use cached_redis_runtime::cache_invalidate;

const TAG: &str = "team:1";

#[cache_invalidate(tags(TAG))]
async fn rename(id: u64) {
    drop(id);
}

fn main() {
    drop(rename(1));
}
