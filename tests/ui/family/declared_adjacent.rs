use cached_redis_runtime::key_family;

key_family! {
    pub Name(first: str, last: str) -> u64 = "name:<first>-<last>";
    pub Setting(name: str) -> u64 = "{settings}:<name>";
    pub Unclosed(name: str) -> u64 = "x:<name";
    pub Slot(name: str) -> u64 = "x:<name>", one_slot;
}

fn main() {}
