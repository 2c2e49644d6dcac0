use cached_redis_runtime::key_family;

key_family! {
    ById<T>(id: u64) -> T = "<T>:<id>";
    Borrowed<'a>(id: &'a str) -> u64 = "x:<id>";
    Named(id: &'a str) -> u64 = "x:<id>";
    Opaque(id: impl CacheKey) -> u64 = "x:<id>";
    Hidden(id: _) -> u64 = "x:<id>";
    Mutable(id: &mut u64) -> u64 = "x:<id>";
    Receiver(self, id: u64) -> u64 = "x:<id>";
    Pattern((a, b): (u64, u64)) -> u64 = "x:<a>:<b>";
    Attributed(#[cfg(test)] id: u64) -> u64 = "x:<id>";
    Twice(id: u64, id: u64) -> u64 = "x:<id>";
}

fn main() {}
