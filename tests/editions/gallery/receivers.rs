//! Every kind of `self`.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use cached_redis_runtime::{cache_aside, cache_invalidate};

use super::body;

#[derive(Clone, Default)]
struct Repo {
    tenant: u64,
    reads: u64,
}

impl Repo {
    #[cache_aside(key = "reference:<self.tenant>:<id>", ttl = 60)]
    async fn by_reference(&self, id: u64) -> u64 {
        body();
        self.tenant + id
    }

    #[cache_aside(key = "mutable:<id>", ttl = 60)]
    async fn by_mutable_reference(&mut self, id: u64) -> Result<u64, ()> {
        body();
        self.reads += 1;
        tokio::task::yield_now().await;
        self.reads += 1;
        Ok(id)
    }

    #[cache_aside(key = "value:<self.tenant>", ttl = 60)]
    async fn by_value(self) -> Option<u64> {
        body();
        Some(self.tenant)
    }

    #[cache_aside(key = "mut-value:<self.tenant>:<id>", ttl = 60)]
    async fn by_mutable_value(mut self, id: u64) -> u64 {
        body();
        self.reads += id;
        self.reads
    }

    #[cache_aside(key = "arc:<self.tenant>:<id>", ttl = 60)]
    async fn by_arc(self: Arc<Self>, id: u64) -> u64 {
        body();
        drop(tokio::task::yield_now());
        self.tenant + id
    }

    #[cache_aside(key = "arc-reference:<self.tenant>:<id>", ttl = 60)]
    async fn by_reference_to_arc(self: &Arc<Self>, id: u64) -> u64 {
        body();
        let owned = Arc::clone(self);
        owned.tenant + id
    }

    #[cache_aside(key = "box:<self.tenant>:<id>", ttl = 60)]
    async fn by_box(self: Box<Self>, id: u64) -> u64 {
        body();
        let repo = *self;
        repo.tenant + id
    }

    #[cache_aside(key = "pin:<self.tenant>:<id>", ttl = 60)]
    async fn by_pin(mut self: Pin<&mut Self>, id: u64) -> u64 {
        body();
        self.reads += 1;
        self.reads + id
    }

    #[cache_aside(key = "pin-arc:<self.tenant>", ttl = 60)]
    async fn by_pinned_arc(self: Pin<Arc<Self>>) -> u64 {
        body();
        self.tenant
    }

    #[expect(clippy::future_not_send, reason = "the point of this shape")]
    #[cache_aside(key = "rc:<self.tenant>", ttl = 60)]
    async fn by_rc(self: Rc<Self>) -> u64 {
        body();
        tokio::task::yield_now().await;
        self.tenant
    }

    #[expect(clippy::use_self, reason = "the point of this shape")]
    #[cache_aside(key = "written-out:<self.tenant>", ttl = 60)]
    async fn by_a_type_written_out(self: &Repo) -> u64 {
        body();
        self.tenant
    }

    #[cache_aside(key = "associated:<tenant>", ttl = 60)]
    async fn associated(tenant: u64) -> Option<u64> {
        body();
        let repo = Self { tenant, reads: 0 };
        Some(repo.tenant)
    }

    #[cache_invalidate(key = "reference:<self.tenant>:<id>")]
    async fn write(&mut self, id: u64) {
        body();
        self.reads += id;
    }

    #[cache_invalidate(key = "reference:<self.tenant>:<id>")]
    async fn write_by_value(self, id: u64) -> Result<(), ()> {
        body();
        let reads = self.reads;
        reads.checked_add(id).map(drop).ok_or(())
    }

    #[cache_invalidate(key = "reference:<self.tenant>:<ret>")]
    async fn write_by_arc(self: Arc<Self>) -> u64 {
        body();
        let tenant = self.tenant;
        drop(self);
        tenant
    }

    #[cache_invalidate(key = "reference:<self.tenant>:<ret.0>")]
    async fn write_by_pin(mut self: Pin<&mut Self>) -> (u64, bool) {
        body();
        self.reads = 0;
        (7, true)
    }
}

const fn repo() -> Repo {
    Repo {
        tenant: 7,
        reads: 0,
    }
}

shapes! {
    by_reference { apart!(repo().by_reference(1), repo().by_reference(2)); }
    by_mutable_reference { assert_eq!(hit!(repo().by_mutable_reference(1)), Ok(1)); }
    by_value { assert_eq!(hit!(repo().by_value()), Some(7)); }
    by_mutable_value { hit!(repo().by_mutable_value(1)); }
    by_arc { hit!(Arc::new(repo()).by_arc(1)); }
    by_reference_to_arc { hit!(Arc::new(repo()).by_reference_to_arc(1)); }
    by_box { hit!(Box::new(repo()).by_box(1)); }
    by_pin { hit!(Pin::new(&mut repo()).by_pin(1)); }
    by_pinned_arc { hit!(Pin::new(Arc::new(repo())).by_pinned_arc()); }
    by_rc { local_hit!(Rc::new(repo()).by_rc()); }
    by_a_type_written_out { hit!(repo().by_a_type_written_out()); }
    associated { hit!(Repo::associated(7)); }
    write { invalidates!(repo().write(1), repo().by_reference(1)); }
    write_by_value { invalidates!(repo().write_by_value(1), repo().by_reference(1)).unwrap(); }
    write_by_arc { invalidates!(Arc::new(repo()).write_by_arc(), repo().by_reference(7)); }
    write_by_pin { invalidates!(Pin::new(&mut repo()).write_by_pin(), repo().by_reference(7)); }
}
