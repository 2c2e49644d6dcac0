use cached_redis_runtime::cache_invalidate;

fn tag(team: u32) -> String {
    format!("team:{team}")
}

#[cache_invalidate(tags(tag(team)))]
async fn rename(team: u32) {
    drop(tag(team));
}

fn main() {
    drop(rename(1));
}
