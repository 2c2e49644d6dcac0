use cached_redis_runtime::write_through;

struct Secret;

#[write_through(key = "secret:<id>", ttl = 60, value = secret)]
async fn keep(id: u64, secret: Secret) {
    let _ = (id, secret);
}

fn main() {}
