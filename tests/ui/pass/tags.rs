#![deny(warnings)]
#![warn(clippy::pedantic, clippy::nursery)]
#![no_implicit_prelude]
#![allow(dead_code, unused_macros)]

struct Ok;
struct Some;
struct None;
struct Result;
struct Option;
mod core {}
mod std {}

use ::cached_redis_runtime as runtime;
use ::std::marker::{Send, Sync};
use ::std::string::String;
use ::std::vec::Vec;

runtime::key_family! {
    Team(id: u32) -> () = "team:<id>";
}

struct User {
    id: u64,
    team: u32,
}

struct Repo {
    tenant: u32,
}

impl Repo {
    /// The body consumes what the tags name.
    #[runtime::cache_aside(key = "<self.tenant>:<id>", ttl = 60, skip(name, team), codec = json,
        tags("all", "n:<name>", Team(team), "<self.tenant>:<team>"))]
    async fn find(&self, id: u64, mut name: String, team: u32) -> String {
        name.push('x');
        if id == 0 {
            return name;
        }
        name
    }

    #[runtime::cache_invalidate(keys("<self.tenant>:<user.id>"), tags("all", Team(user.team), "n:<ret>"), always)]
    async fn update(&self, user: User) -> u64 {
        let User { id, .. } = user;
        id
    }

    #[runtime::cache_aside(key = "row:<ids>", each = ids, ttl = 60, tags("rows", "row-tag:<tenant>:<ids>"), skip(tenant))]
    async fn rows(&self, mut ids: Vec<u64>, tenant: String) -> Vec<(u64, String)> {
        let _ = tenant;
        ids.clear();
        ::std::vec![]
    }

    #[runtime::cache_invalidate(tags("row-tag:<tenant>:<users.id>", "rows"), each = users)]
    async fn clear(&self, tenant: &str, users: &[User]) {
        let _ = (tenant, users);
    }

    #[runtime::cache_aside(key = "pinned:<id>", ttl = 60, tags("pinned:<id>"))]
    fn pinned(
        id: u32,
    ) -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = u32> + Send>> {
        ::std::boxed::Box::pin(async move { id })
    }

    #[runtime::cache_aside(key = "opaque:<id>", ttl = 60, tags("opaque:<id>"))]
    fn opaque(id: u32) -> impl ::std::future::Future<Output = u32> + Send {
        async move { id }
    }
}

#[runtime::cache_aside(key = "<T>:<N>:<id>", ttl = 60, tags("<T>:<id.0>"))]
async fn generic<T: runtime::KeyName + Sync, const N: usize>(
    id: (u64, u64),
) -> ::std::option::Option<u64> {
    ::std::option::Option::Some(id.0)
}

fn is_send<T: Send>(_: T) {}

fn main() {
    let repo = Repo { tenant: 1 };
    is_send(repo.find(1, String::new(), 2));
    is_send(repo.update(User { id: 1, team: 1 }));
    is_send(repo.rows(::std::vec![1], String::new()));
    is_send(repo.clear("a", &[]));
    is_send(generic::<u64, 1>((1, 2)));
    is_send(Repo::pinned(1));
    is_send(Repo::opaque(1));
}
