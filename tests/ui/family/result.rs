use cached_redis_runtime::{cache_aside, cache_invalidate, key_family};

key_family! {
    pub UserById(id: u64) -> u64 = "user:<id>";
}

#[cache_aside(key = UserById(ret), ttl = 60)]
async fn read() -> u64 {
    7
}

#[cache_invalidate(key = UserById(ret.id))]
async fn nothing() {}

#[cache_invalidate(key = UserById(ret))]
async fn ambiguous(ret: u64) -> u64 {
    ret
}

#[cache_invalidate(key = UserById(ret.number))]
async fn no_such_field() -> (u64, u64) {
    (1, 2)
}

fn main() {
    drop((read(), nothing(), ambiguous(1), no_such_field()));
}
