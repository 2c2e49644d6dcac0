use cached_redis_runtime::cache_invalidate;

struct Repo;

#[cache_invalidate(key = "user:<id>")]
impl Repo {
    async fn update(&self, id: u64) {
        let _ = id;
    }
}

fn main() {
    drop(Repo.update(1));
}
