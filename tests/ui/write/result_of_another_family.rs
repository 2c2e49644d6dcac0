use cached_redis_runtime::{key_family, write_through};

key_family! {
    NameById(id: u64) -> String = "user:<id>:name";
}

#[write_through(key = NameById(id), ttl = 60)]
async fn count(id: u64) -> u64 {
    id
}

fn main() {}
