use cached_redis_runtime::{KeyName, key};

#[derive(KeyName)]
struct Page<T>(T);

fn main() {
    let name = <Page<u8> as KeyName>::KEY_NAME;
    drop((Page(1), key!("page:<name>")));
}
