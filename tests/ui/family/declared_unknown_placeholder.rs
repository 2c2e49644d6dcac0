use cached_redis_runtime::key_family;

key_family! {
    pub UserById(uid: u64) -> u64 = "user:<user_id>";
    pub Tenant(id: u64) -> u64 = "t:<self.tenant>:<id>";
    pub Created(id: u64) -> u64 = "user:<ret.id>:<id>";
}

fn main() {
    drop(UserById(&1).key());
}
