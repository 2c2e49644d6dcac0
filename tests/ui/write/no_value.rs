use cached_redis_runtime::write_through;

struct User {
    id: u64,
}

#[write_through(key = "user:<user.id>", ttl = 60)]
async fn save(user: &User) -> Result<(), std::io::Error> {
    let _ = user;
    Ok(())
}

fn main() {}
