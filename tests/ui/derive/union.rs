use cached_redis_runtime::{CacheKey, key};

#[derive(CacheKey, Clone, Copy)]
union Bits {
    int: u32,
    float: f32,
}

fn main() {
    let bits = Bits { int: 1 };
    drop(key!("bits:<bits>"));
}
