use std::pin::Pin;

use cached_redis_runtime::cache_aside;

struct Users {
    tenant: u64,
}

impl Users {
    #[cache_aside(key = "user:<id>", ttl = 60, stale = 60, soft_timeout = "1s")]
    async fn find(self: Pin<&Self>, id: u64) -> u64 {
        self.tenant + id
    }
}

fn main() {
    drop(Pin::new(&Users { tenant: 7 }).find(1));
}
