use cached_redis_runtime::cache_aside;

struct Filter {
    price: f64,
}

#[cache_aside(key = "search:<filter.price>", ttl = 60)]
async fn search(filter: Filter) -> f64 {
    filter.price
}

fn main() {
    drop(search(Filter { price: 1.0 }));
}
