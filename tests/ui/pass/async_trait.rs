#![deny(warnings)]

use async_trait::async_trait;
use cached_redis_runtime::{cache_aside, cache_invalidate};

#[derive(Debug)]
struct Failed;

#[async_trait]
trait Users: Sync {
    async fn find(&self, id: u64) -> Result<Option<String>, Failed>;

    async fn rename(&self, id: u64, name: &str) -> Result<(), Failed>;

    #[cache_aside(ttl = 60, key = "count:<min>")]
    async fn count(&self, min: u64) -> u64 {
        min
    }
}

struct Repo {
    tenant: u64,
}

#[async_trait]
impl Users for Repo {
    #[cache_aside(ttl = 60, key = "user:<self.tenant>:<id>")]
    async fn find(&self, id: u64) -> Result<Option<String>, Failed> {
        if id == 0 {
            return Err(Failed);
        }
        Ok(Some(self.tenant.to_string()))
    }

    #[cache_invalidate(key = "user:<self.tenant>:<id>")]
    async fn rename(&self, id: u64, name: &str) -> Result<(), Failed> {
        let _ = (id, name);
        Ok(())
    }
}

#[async_trait(?Send)]
trait Local {
    async fn get(&self, id: &str) -> String;
}

#[async_trait(?Send)]
impl Local for Repo {
    #[cache_aside(ttl = 60, key = "local:<id>")]
    async fn get(&self, id: &str) -> String {
        id.to_owned()
    }
}

fn is_send<T: Send>(_: &T) {}

fn main() {
    let users: &dyn Users = &Repo { tenant: 1 };
    is_send(&users.find(1));
    is_send(&users.rename(1, ""));
    is_send(&users.count(1));
    drop(Local::get(&Repo { tenant: 1 }, ""));
}
