use cached_redis_runtime::cache_aside;

trait Users {
    #[cache_aside(key = "user:<id>", ttl = 60)]
    async fn find(&self, id: u64) -> u64;
}

struct Repo;

impl Users for Repo {
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    drop(Repo.find(1));
}
