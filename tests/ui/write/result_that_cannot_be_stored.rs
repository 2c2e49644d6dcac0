use cached_redis_runtime::write_through;

struct Secret;

#[write_through(key = "secret:<id>", ttl = 60)]
async fn make(id: u64) -> Result<Secret, ()> {
    let _ = id;
    Ok(Secret)
}

fn main() {}
