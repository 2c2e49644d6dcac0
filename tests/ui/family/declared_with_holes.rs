use cached_redis_runtime::key_family;

key_family! {
    NoArguments -> u64 = "a";
    NoValue(id: u64) = "a:<id>";
    NoTemplate(id: u64) -> u64;
    NoType(id) -> u64 = "a:<id>";
    NotText(id: u64) -> u64 = 7;
    Flagged(id: u64) -> u64 = "a:<id>", slot;
    fn find(id: u64) -> u64 = "a:<id>";
    NoSemicolon() -> u64 = "b"
    Good() -> u64 = "c";
}

fn main() {}
