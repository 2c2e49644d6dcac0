use cached_redis_runtime::{cache_invalidate, key_family};

key_family! {
    pub Member(team: u64, name: str) -> u64 = "team:<team>:<name>";
}

#[cache_invalidate(key = Member(team))]
async fn leave(team: u64) {
    let _ = team;
}

fn main() {
    drop(leave(1));
}
