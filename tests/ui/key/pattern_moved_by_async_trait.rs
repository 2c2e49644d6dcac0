use async_trait::async_trait;
use cached_redis_runtime::cache_aside;

struct Repo;

#[async_trait]
trait Pages {
    async fn named((team, user): (u64, u64)) -> u64;
    async fn skipped(id: u64, (db, log): (u64, u64)) -> u64;
    async fn ignored(id: u64, (team, user): (u64, u64)) -> u64;
}

#[async_trait]
impl Pages for Repo {
    #[cache_aside(key = "pages:<team>", ttl = 60)]
    async fn named((team, user): (u64, u64)) -> u64 {
        team + user
    }

    #[cache_aside(key = "pages:<id>", ttl = 60, skip(db))]
    async fn skipped(id: u64, (db, log): (u64, u64)) -> u64 {
        id + db + log
    }

    #[cache_aside(key = "pages:<id>", ttl = 60)]
    async fn ignored(id: u64, (team, user): (u64, u64)) -> u64 {
        id + team + user
    }
}

fn main() {}
