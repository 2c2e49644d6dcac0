use cached_redis_runtime::CacheKey;

#[derive(CacheKey)]
struct Product {
    id: u64,
    #[cache_key(skip)]
    price: u64,
}

fn main() {
    drop(Product { id: 1, price: 1 });
}
