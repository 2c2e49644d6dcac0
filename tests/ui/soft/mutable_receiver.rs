use cached_redis_runtime::cache_aside;

#[derive(Clone)]
struct Users {
    reads: u64,
}

impl Users {
    #[cache_aside(key = "user:<id>", ttl = 60, refresh_ahead = 0.8)]
    async fn find(&mut self, id: u64) -> u64 {
        self.reads += 1;
        id
    }
}

fn main() {
    drop(Users { reads: 0 }.find(1));
}
