use cached_redis_runtime::{key_family, write_through};

key_family! {
    NameById(id: u64) -> String = "user:<id>:name";
}

#[write_through(key = NameById(id), ttl = 60, value = length)]
async fn rename(id: u64, length: u32) {
    let _ = (id, length);
}

fn main() {}
