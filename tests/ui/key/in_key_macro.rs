use cached_redis_runtime::{Key, key};

fn main() {
    let id = 7;
    let first: Key = key!("user:<id");
    let second: Key = key!("user:<id><id>");
    let third: Key = key!(id);
    let fourth: Key = key!("{all}:<id>");
    let fifth: Key = key!("user:<idd>");
    let sixth: Key = key!("user:<id>", two_slots);
    let seventh: Key = key!("user:<super>");
    drop((first, second, third, fourth, fifth, sixth, seventh));
}
