use std::fmt;

use cached_redis_runtime::cache_aside;

#[derive(Clone)]
struct Users {
    tenant: u64,
}

impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tenant.fmt(f)
    }
}

impl Users {
    #[cache_aside(key = "users:<self.tenant>", ttl = 60, refresh_ahead = 0.8)]
    async fn title(&self) -> String {
        format!("the users of {self}")
    }
}

fn main() {
    drop(Users { tenant: 7 }.title());
}
