//! A server that is late.

use super::*;

/// A store whose every answer is late. What is asked is done at once.
#[derive(Debug)]
pub(super) struct Late {
    pub(super) store: MemoryStore,
    pub(super) by: Duration,
    pub(super) registrations: Arc<AtomicU64>,
    /// What each release was said to come behind.
    pub(super) releases: Arc<Mutex<Vec<Size>>>,
}

impl Late {
    fn say<'a, T: Send + 'a>(&self, answer: Reply<'a, T>) -> Reply<'a, T> {
        let then = clock::now() + self.by;
        Box::pin(async move {
            clock::sleep_until(then).await;
            answer.await
        })
    }
}

impl Store for Late {
    fn get<'a>(&'a self, key: &'a str, size: Size) -> Reply<'a, Look> {
        let look = self.say(self.store.get(key, size));
        Box::pin(async move {
            let sent = Some(Sent {
                at: clock::now(),
                most: Duration::MAX,
            });
            look.await.map(|look| Look { sent, ..look })
        })
    }

    fn claim<'a>(
        &'a self,
        key: &'a str,
        expect: Expect,
        nonce: Nonce,
        lease: Duration,
    ) -> Reply<'a, Claimed> {
        self.say(self.store.claim(key, expect, nonce, lease))
    }

    fn seize<'a>(&'a self, key: &'a str, nonce: Nonce, lease: Duration) -> Reply<'a, bool> {
        self.say(self.store.seize(key, nonce, lease))
    }

    fn fill<'a>(
        &'a self,
        key: &'a str,
        expect: Nonce,
        entry: &'a [u8],
        life: Option<u64>,
    ) -> Reply<'a, bool> {
        self.say(self.store.fill(key, expect, entry, life))
    }

    fn renew<'a>(&'a self, key: &'a str, nonce: Nonce, lease: Duration) -> Reply<'a, bool> {
        self.say(self.store.renew(key, nonce, lease))
    }

    fn slide<'a>(&'a self, key: &'a str, renewal: &'a Renewal) -> Reply<'a, bool> {
        self.say(self.store.slide(key, renewal))
    }

    fn release<'a>(&'a self, key: &'a str, nonce: Nonce, size: Size) -> Reply<'a, bool> {
        self.releases.lock().push(size);
        self.say(self.store.release(key, nonce, size))
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [&'a str],
        size: Size,
    ) -> Reply<'a, Vec<Result<Option<Vec<u8>>, Error>>> {
        self.say(self.store.get_many(keys, size))
    }

    fn claim_many<'a>(
        &'a self,
        claims: &'a [Claiming<'a>],
        lease: Duration,
    ) -> Reply<'a, Vec<Result<Claimed, Error>>> {
        self.say(self.store.claim_many(claims, lease))
    }

    fn fill_many<'a>(&'a self, fills: &'a [Filling<'a>]) -> Reply<'a, Vec<Result<bool, Error>>> {
        self.say(self.store.fill_many(fills))
    }

    fn guard_many<'a>(
        &'a self,
        keys: &'a [(&'a str, Nonce)],
        token: Nonce,
        stay: Duration,
    ) -> Reply<'a, Vec<Result<bool, Error>>> {
        self.say(self.store.guard_many(keys, token, stay))
    }

    fn unguard_many<'a>(
        &'a self,
        leaving: &'a [(&'a str, Nonce)],
    ) -> Reply<'a, Vec<Result<Gone, Error>>> {
        self.say(self.store.unguard_many(leaving))
    }

    fn delete<'a>(&'a self, keys: &'a [String]) -> Reply<'a, Deleted> {
        self.say(self.store.delete(keys))
    }

    fn structures(&self) -> &dyn Structures {
        self.store.structures()
    }

    fn register<'a>(&'a self, tags: &'a [Tagging<'a>], life: u64) -> Reply<'a, ()> {
        self.registrations.fetch_add(1, Ordering::Relaxed);
        self.say(self.store.register(tags, life))
    }

    fn members<'a>(&'a self, tag: &'a str, cursor: Cursor) -> Reply<'a, (Cursor, Vec<String>)> {
        self.say(self.store.members(tag, cursor))
    }

    fn ping(&self) -> Reply<'_, ()> {
        self.say(self.store.ping())
    }

    fn examine(&self) -> Reply<'_, Examination> {
        self.say(self.store.examine())
    }

    fn server(&self) -> Option<ServerInfo> {
        self.store.server()
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn hashes(self: Arc<Self>) -> Arc<dyn FieldStore> {
        unreachable!("nothing here is kept by field")
    }
}
