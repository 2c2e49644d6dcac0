use cached_redis_runtime::key_family;

key_family! {
    Maybe(id: u64) -> Option<u64> = "a:<id>";
    Shared(id: u64) -> std::sync::Arc<str> = "b:<id>";
    Borrowed(id: u64) -> &str = "c:<id>";
    Opaque(id: u64) -> impl Clone = "d:<id>";
}

fn main() {}
