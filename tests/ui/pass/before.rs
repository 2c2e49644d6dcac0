#![deny(warnings)]
#![no_implicit_prelude]

use ::cached_redis_runtime::cache_invalidate;
use ::core::future::Future;
use ::core::pin::Pin;
use ::std::boxed::Box;
use ::std::string::String;

#[allow(dead_code, reason = "it stands in the way")]
mod core {}
#[allow(dead_code, reason = "it stands in the way")]
mod std {}

struct Repo;

impl Repo {
    #[cache_invalidate(keys("name:<id>", "all:<ret>"), before)]
    async fn rename(&mut self, id: u64, name: String) -> ::core::result::Result<u64, String> {
        if name.is_empty() {
            return ::core::result::Result::Err(name);
        }
        ::core::result::Result::Ok(id)
    }

    #[cache_invalidate(key = "name:<ids>", each = ids, before, always)]
    async fn delete(&self, ids: &[u64]) {
        let _ = ids;
    }
}

#[cache_invalidate(key = "name:<id>", before)]
fn pinned<'a>(id: &'a u64) -> Pin<Box<dyn Future<Output = u64> + ::core::marker::Send + 'a>> {
    Box::pin(async move { *id })
}

#[cache_invalidate(key = "name:<id>", before)]
fn opaque(id: u64) -> impl Future<Output = u64> + ::core::marker::Send {
    async move { id }
}

fn is_send<T: ::core::marker::Send>(_: &T) {}

fn main() {
    let mut repo = Repo;
    is_send(&repo.rename(1, String::new()));
    is_send(&repo.delete(&[1]));
    is_send(&pinned(&1));
    is_send(&opaque(1));
}
