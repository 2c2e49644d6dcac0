use cached_redis_runtime::key_family;

pub struct Filter {
    pub price: f64,
}

key_family! {
    pub Search(filter: Filter) -> u64 = "search:<filter>";
    pub Price(filter: Filter) -> u64 = "price:<filter.price>";
    pub Missing(filter: Filter) -> u64 = "price:<filter.cost>";
    pub Unknown(filter: Unheard) -> u64 = "x:<filter>";
}

fn main() {}
