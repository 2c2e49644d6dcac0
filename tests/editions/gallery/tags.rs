//! Entries in groups.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use cached_redis_runtime::{KeyName, cache_aside, cache_invalidate, key_family};

use super::{body, is_send};

key_family! {
    OfTeam(id: u32, role: Option<&str>) -> () = "team:<id>:<role>";
}

#[derive(Default)]
struct Service {
    tenant: u32,
    writes: usize,
}

struct Request {
    id: u64,
    team: u32,
}

impl Service {
    /// The body consumes what the tags name.
    #[cache_aside(key = "t:<self.tenant>:<request.id>", ttl = 60, tags("t:<self.tenant>", OfTeam(request.team, None::<&str>), "name:<name>"), skip(name))]
    async fn find(&self, request: Request, mut name: String) -> Result<Option<u64>, String> {
        body();
        name.push('x');
        let Request { id, team } = request;
        if team == 0 {
            return Ok(None);
        }
        if id == 0 {
            return Err(name);
        }
        Ok(Some(id))
    }

    #[cache_invalidate(tags("t:<self.tenant>"))]
    async fn clear(&mut self) -> usize {
        body();
        self.writes += 1;
        self.writes
    }

    #[cache_invalidate(tags("name:<ret>"))]
    async fn rename(&self, name: String) -> Result<Option<String>, ()> {
        body();
        Ok(Some(name))
    }

    #[cache_invalidate(keys("t:<team>"), tags(OfTeam(team, None::<&str>)), always)]
    async fn disband(&self, team: u32) -> Result<(), u32> {
        body();
        Err(team)
    }
}

#[cache_aside(key = "pinned:<id>", ttl = 60, tags("pinned:<id>"))]
fn pinned(id: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move {
        body();
        id
    })
}

#[cache_aside(key = "opaque:<id>", ttl = 60, tags("pinned:<id>"))]
fn opaque(id: u32) -> impl Future<Output = u32> + Send {
    async move {
        body();
        id
    }
}

#[cache_aside(key = "<T>:<N>:<pair>", ttl = 60, tags("<T>", "first:<pair.0>"))]
async fn generic<T: KeyName, const N: usize>(pair: (u32, &str)) -> Option<u32> {
    body();
    Some(pair.0 + u32::from(pair.1.is_empty()))
}

#[cache_invalidate(tags("pinned:<id>", "first:<id>"))]
async fn clear(id: u32) {
    body();
    let _ = id;
}

#[cache_aside(key = "row:<ids>", each = ids, ttl = 60, tags("rows:<tenant>", "row-tag:<ids>"), skip(tenant))]
async fn rows(tenant: String, mut ids: Vec<u64>) -> HashMap<u64, u64> {
    body();
    drop(tenant);
    ids.sort_unstable();
    ids.into_iter().map(|id| (id, id)).collect()
}

#[cache_invalidate(tags("row-tag:<ids>"), each = ids)]
async fn clear_rows(ids: &[u64]) {
    body();
    let _ = ids;
}

#[cache_invalidate(tags("rows:<tenant>"))]
async fn clear_all_rows(tenant: &str) {
    body();
    let _ = tenant;
}

const fn request(id: u64, team: u32) -> Request {
    Request { id, team }
}

shapes! {
    find {
        apart!(
            Service::default().find(request(1, 2), "a".to_owned()),
            Service::default().find(request(2, 2), "a".to_owned())
        );
        is_send(&Service::default().find(request(1, 2), "a".to_owned()));
    }
    clear {
        let mut service = Service::default();
        invalidates!(service.clear(), Service::default().find(request(1, 2), "a".to_owned()));
        invalidates!(clear(1), pinned(1));
        invalidates!(clear(1), opaque(1));
        invalidates!(clear(1), generic::<u64, 2>((1, "x")));
        is_send(&service.clear());
    }
    rename {
        invalidates!(
            Service::default().rename("a".to_owned()),
            Service::default().find(request(1, 2), "a".to_owned())
        )
        .unwrap();
    }
    disband {
        invalidates!(
            Service::default().disband(2),
            Service::default().find(request(1, 2), "a".to_owned())
        )
        .unwrap_err();
    }
    rows {
        invalidates!(clear_rows(&[2, 3]), rows("a".to_owned(), vec![2]));
        invalidates!(clear_all_rows("a"), rows("a".to_owned(), vec![5]));
        is_send(&rows("a".to_owned(), vec![2]));
    }
}
