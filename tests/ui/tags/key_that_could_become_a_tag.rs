use cached_redis_runtime::key;

fn main() {
    let kind = "tag";
    let _ = key!("%<kind>:7");
}
