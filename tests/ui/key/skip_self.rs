use cached_redis_runtime::cache_aside;

struct Repo;

impl Repo {
    #[cache_aside(key = "user:<id>", ttl = 60, skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    drop(Repo.find(1));
}
