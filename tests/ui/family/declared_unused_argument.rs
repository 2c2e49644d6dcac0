use cached_redis_runtime::key_family;

key_family! {
    pub Member(team: u64, name: str) -> u64 = "team:<team>";
}

fn main() {
    drop(Member(&1, "Ada").key());
}
