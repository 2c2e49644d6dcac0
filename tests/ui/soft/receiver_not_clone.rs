use cached_redis_runtime::cache_aside;

struct Users {
    tenant: u64,
}

impl Users {
    #[cache_aside(key = "user:<id>", ttl = 60, refresh_ahead = 0.8)]
    async fn find(&self, id: u64) -> u64 {
        self.tenant + id
    }
}

fn main() {
    drop(Users { tenant: 7 }.find(1));
}
