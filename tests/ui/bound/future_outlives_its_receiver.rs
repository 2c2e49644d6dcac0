use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cached_redis_runtime::cache_aside;

struct Repo {
    db: Arc<u64>,
}

impl Repo {
    #[cache_aside(key = "user:<id>", ttl = 60)]
    fn find(&self, id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        let db = Arc::clone(&self.db);
        Box::pin(async move { *db + id })
    }
}

fn main() {
    drop(Repo { db: Arc::new(1) }.find(1));
}
