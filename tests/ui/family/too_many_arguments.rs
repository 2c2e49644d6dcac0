use cached_redis_runtime::{cache_aside, key_family};

key_family! {
    pub UserById(id: u64) -> u64 = "user:<id>";
}

#[cache_aside(key = UserById(id, locale), ttl = 60)]
async fn find(id: u64, locale: &str) -> u64 {
    id + locale.len() as u64
}

fn main() {
    drop(find(1, "de"));
}
