use cached_redis_runtime::key_family;

key_family! {
    crate = "facade";
    pub UserById(id: u64) -> u64 = "user:<id>";
}

fn main() {
    drop(UserById(&1).key());
}
