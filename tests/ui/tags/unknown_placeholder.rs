use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, tags("team:<team>"), skip(team_id))]
async fn find(id: u64, team_id: u32) -> u64 {
    id + u64::from(team_id)
}

fn main() {
    drop(find(1, 2));
}
