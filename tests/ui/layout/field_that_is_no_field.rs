use cached_redis_runtime::field;

struct User {
    name: String,
}

fn main() {
    let _ = field!(User.nmae);
}
