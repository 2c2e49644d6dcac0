use cached_redis_runtime::CacheKey;

#[derive(CacheKey)]
struct Price(f64);

#[derive(CacheKey)]
struct Product {
    id: u64,
    price: f64,
}

fn main() {
    drop(Price(1.0));
    drop(Product { id: 1, price: 1.0 });
}
