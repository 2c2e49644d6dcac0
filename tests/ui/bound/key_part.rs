use cached_redis_runtime::cache_aside;

struct Filter {
    id: u64,
}

#[cache_aside(key = "search:<filter>", ttl = 60)]
async fn search(filter: Filter) -> u64 {
    filter.id
}

fn main() {
    drop(search(Filter { id: 1 }));
}
