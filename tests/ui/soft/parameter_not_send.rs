use std::rc::Rc;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, refresh_ahead = 0.8, skip(names))]
async fn find(id: u64, names: Rc<Vec<String>>) -> Option<String> {
    let id = usize::try_from(id).ok()?;
    names.get(id).cloned()
}

fn main() {
    drop(find(1, Rc::new(vec![])));
}
