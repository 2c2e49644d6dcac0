use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = |user| *user, tags("team:<team>"), skip(team))]
async fn find(id: u64, team: u32) -> u64 {
    id + u64::from(team)
}

fn main() {
    drop(find(1, 2));
}
