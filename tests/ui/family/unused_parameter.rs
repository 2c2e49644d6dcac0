use cached_redis_runtime::{cache_aside, key_family};

key_family! {
    pub UserById(id: u64) -> u64 = "user:<id>";
}

struct User {
    locale: u64,
}

#[cache_aside(key = UserById(user.locale), ttl = 60)]
async fn find(user: User, locale: &str) -> u64 {
    user.locale + locale.len() as u64
}

#[cache_aside(key = UserById(id), ttl = 60)]
async fn load<T>(id: u64) -> u64 {
    id
}

fn main() {
    drop(load::<u8>(1));
    drop(find(User { locale: 1 }, "de"));
}
