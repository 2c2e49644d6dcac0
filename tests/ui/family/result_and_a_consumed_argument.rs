use cached_redis_runtime::{cache_invalidate, key_family};

key_family! {
    pub Member(team: str, id: u64) -> u64 = "team:<team>:<id>";
}

#[cache_invalidate(key = Member(team, ret))]
async fn join(team: String) -> u64 {
    drop(team);
    7
}

fn main() {
    drop(join(String::new()));
}
