#![deny(warnings)]

use std::sync::Arc;

use cached_redis_runtime::{cache_aside, cache_invalidate};

#[derive(Debug)]
struct Failed;

struct Repo {
    tenant: u32,
}

impl Repo {
    #[cache_aside(ttl = 60, key = "borrowed:<self.tenant>:<id>")]
    async fn borrowed(&self, id: u64) -> Result<String, Failed> {
        let name = format!("{}/{id}", self.tenant);
        if id == 0 {
            return Err(Failed);
        }
        Ok(name)
    }

    #[cache_aside(ttl = "90s", key = "mutable:<id>")]
    async fn mutable(&mut self, id: u64) -> Option<String> {
        self.tenant += 1;
        (id > 0).then(|| id.to_string())
    }

    #[cache_aside(ttl = "1h30m", key = "owned:<self.tenant>")]
    async fn owned(self) -> u32 {
        self.tenant
    }

    #[cache_aside(ttl = forever, key = "shared:<self.tenant>")]
    async fn shared(self: Arc<Self>) -> Arc<String> {
        Arc::new(self.tenant.to_string())
    }

    #[cache_invalidate(keys("borrowed:<self.tenant>:<id>", "mutable:<id>"))]
    async fn update(&mut self, id: u64, name: String) -> Result<(), Failed> {
        drop(name);
        self.tenant = u32::try_from(id).map_err(|_| Failed)?;
        Ok(())
    }

    #[cache_invalidate(key = "owned:<self.tenant>", always)]
    async fn clear(&self) {}
}

fn is_send<T: Send>(_: &T) {}

fn main() {
    let mut repo = Repo { tenant: 1 };
    is_send(&repo.borrowed(1));
    is_send(&repo.mutable(1));
    is_send(&repo.update(1, String::new()));
    is_send(&repo.clear());
    is_send(&Arc::new(Repo { tenant: 1 }).shared());
    is_send(&repo.owned());
}
