//! Keys by a family that readers and writers share.

use std::sync::Arc;

use cached_redis_runtime::{CacheKey, cache_aside, cache_invalidate, key_family};

use super::body;

#[derive(Clone, CacheKey)]
struct TeamId(u32);

mod keys {
    //! Where a project keeps them.

    use super::{TeamId, key_family};

    key_family! {
        /// A user's name.
        pub(super) NameById(id: u64) -> String = "name:<id>";
        pub(super) Member(team: TeamId, name: &str, role: Option<&str>) -> u64 = "{<team>}:<name>:<role>";
        pub(super) All() -> Vec<u64> = "all";
    }
}

use keys::{All, Member};

#[derive(Default)]
struct Service {
    writes: usize,
}

impl Service {
    #[cache_aside(key = keys::NameById(id), ttl = 60)]
    async fn name(&self, id: u64) -> Result<Option<Arc<String>>, ()> {
        body();
        Ok(Some(Arc::new(id.to_string())))
    }

    #[cache_aside(key = Member(&team, name.trim(), role), ttl = 60, none_ttl = 1)]
    async fn member(&self, team: TeamId, name: String, role: Option<&str>) -> Option<u64> {
        body();
        drop(name);
        role.map(|_| u64::from(team.0))
    }

    #[cache_aside(key = All(), ttl = forever)]
    async fn all(&self) -> Vec<u64> {
        body();
        vec![1]
    }

    #[cache_invalidate(keys(keys::NameById(id), Member(team, &name, None::<&str>), All(), "name:<id>:x"))]
    async fn rename(&mut self, id: u64, team: &TeamId, name: String) -> Result<(), String> {
        body();
        self.writes += 1;
        let _ = (id, team);
        drop(name);
        Ok(())
    }

    #[cache_invalidate(key = keys::NameById(*ret))]
    async fn create(&self, name: &'static str) -> u64 {
        body();
        name.len() as u64
    }
}

shapes! {
    name { apart!(Service::default().name(1), Service::default().name(2)); }
    member {
        apart!(
            Service::default().member(TeamId(1), " a ".to_owned(), Some("b")),
            Service::default().member(TeamId(1), "a".to_owned(), None)
        );
    }
    all { hit!(Service::default().all()); }
    rename {
        let mut service = Service::default();
        invalidates!(service.rename(1, &TeamId(1), "a".to_owned()), Service::default().name(1)).unwrap();
        invalidates!(service.rename(1, &TeamId(1), "a".to_owned()), Service::default().member(TeamId(1), "a".to_owned(), None)).unwrap();
        invalidates!(service.rename(1, &TeamId(1), "a".to_owned()), Service::default().all()).unwrap();
    }
    create { invalidates!(Service::default().create("abc"), Service::default().name(3)); }
}
