use cached_redis_runtime::{CacheKey, key};

#[derive(CacheKey)]
enum Shape {
    Empty,
    Circle(u32),
}

fn main() {
    let shape = [Shape::Empty, Shape::Circle(1)];
    drop(key!("shape:<shape>"));
}
