use std::time::Duration;

use cached_redis_runtime::{Cache, key_family};

const TTL: Duration = Duration::from_secs(60);

key_family! {
    pub Member(team: &str, id: u64) -> String = "team:<team>:m:<id>";
}

fn main() {
    let _ = |cache: Cache| {
        let _ = cache.read_through(Member, TTL, async |team, id| format!("{team}{id}"));
    };
}
