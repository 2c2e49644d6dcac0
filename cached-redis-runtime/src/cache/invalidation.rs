//! One call of a writer: the keys are taken before the body, and deleted after it.

use core::fmt;
use core::future::Future;
use core::pin::Pin;

use tokio::runtime::Handle;

use super::context::Context;
use super::global::{CacheRef, Found};
use super::transaction::Pending;
use crate::engine::{Guards, tag_prefix};
use crate::error::{Error, ErrorKind};
use crate::key::{CacheKey, render};
use crate::shape::{Shape, Verdict};
use crate::site::Site;
use crate::sync::Arc;

/// A template with its values.
pub struct TemplateKey<'a> {
    literals: &'static [&'static str],
    segments: &'a [&'a dyn CacheKey],
}

impl<'a> TemplateKey<'a> {
    /// There is one literal more than segments.
    #[must_use]
    pub fn new(literals: &'static [&'static str], segments: &'a [&'a dyn CacheKey]) -> Self {
        Self { literals, segments }
    }

    pub(super) fn render(&self, prefix: &str) -> String {
        render(prefix, self.literals, self.segments)
    }
}

impl fmt::Debug for TemplateKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TemplateKey").field(&self.literals).finish()
    }
}

/// The keys and tags that a write invalidates.
pub struct KeyList {
    cache: Found,
    keys: Vec<String>,
    /// Of a write, which has nothing to delete for a key or a tag that is too long to be used.
    writer: Option<&'static Site>,
    tags: Vec<String>,
}

impl KeyList {
    pub(super) fn new(cache: Found) -> Self {
        Self {
            cache,
            keys: Vec::new(),
            writer: None,
            tags: Vec::new(),
        }
    }

    pub(super) fn keys(&self) -> &[String] {
        &self.keys
    }

    pub(super) fn cache(&self) -> &Found {
        &self.cache
    }

    pub(super) fn into_parts(self) -> (Found, Vec<String>) {
        (self.cache, self.keys)
    }

    /// Adds one key.
    pub fn push(&mut self, key: &TemplateKey<'_>) {
        let namespace = &self.cache.engine().settings().namespace;
        let key = render(namespace, key.literals, key.segments);
        if self.is_sent(&key) {
            self.keys.push(key);
        }
    }

    /// Adds one tag.
    pub fn push_tag(&mut self, tag: &TemplateKey<'_>) {
        let prefix = tag_prefix(&self.cache.engine().settings().namespace);
        let tag = tag.render(&prefix);
        if self.is_sent(&tag) {
            self.tags.push(tag);
        }
    }

    fn is_sent(&self, key: &str) -> bool {
        let engine = self.cache.engine();
        self.writer.is_none_or(|site| engine.accepts(site, key))
    }

    fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.tags.is_empty()
    }
}

impl fmt::Debug for KeyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyList")
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

/// One call, before its body runs.
#[derive(Debug)]
pub struct Invalidation {
    site: &'static Site,
    always: bool,
    list: Option<KeyList>,
    /// With `before`: what keeps the keys guarded.
    guards: Option<Guards>,
    /// Where the keys wait for the commit.
    transaction: Option<Arc<Pending>>,
}

impl Invalidation {
    /// Finds the cache and renders the keys, while the arguments are still there.
    #[must_use]
    pub fn begin(
        site: &'static Site,
        cache: CacheRef,
        enabled: bool,
        always: bool,
        keys: &[TemplateKey<'_>],
    ) -> Self {
        let cache = if enabled {
            cache.find(site.path())
        } else {
            None
        };
        let list = cache.map(|cache| {
            let mut list = KeyList {
                cache,
                keys: Vec::with_capacity(keys.len()),
                writer: Some(site),
                tags: Vec::new(),
            };
            for key in keys {
                list.push(key);
            }
            list
        });
        let transaction = Context::current().transaction().cloned();
        if transaction.is_none() && list.is_some() {
            site.warn_of_transaction();
        }
        Self {
            site,
            always,
            list,
            guards: None,
            transaction,
        }
    }

    pub(super) fn site(&self) -> &'static Site {
        self.site
    }

    /// What there is to delete, unless that waits for the end of a transaction.
    pub(super) fn at_once(&self) -> Option<&KeyList> {
        let list = self.list.as_ref().filter(|list| !list.is_empty());
        list.filter(|_| self.transaction.is_none())
    }

    /// The same of a write that stores something, unless it only deletes: what is written in an open transaction may yet be rolled
    /// back.
    pub(super) fn stored(&self) -> Option<&KeyList> {
        self.at_once().filter(|_| !self.site.takes_transaction())
    }

    /// What surrounds its body: where it has `taken` the key, a read of the same key inside must not wait for this write.
    pub(super) fn around(&self, taken: bool) -> Context {
        let writing = self.at_once().filter(|_| taken);
        let writing = writing.map(|list| {
            let cache: &super::Cache = &list.cache;
            (cache, self.site, list.keys.clone())
        });
        Context::current().of_body(writing)
    }

    pub(super) fn cache(&self) -> Option<&Found> {
        self.list.as_ref().map(|list| &list.cache)
    }

    /// It has been seen to.
    pub(super) fn done(&mut self) {
        self.list = None;
    }

    /// Leaves the keys, and their guards, to the transaction around, if there is one that has not ended.
    fn waits(&mut self, list: &KeyList) -> bool {
        let transaction = self.transaction.as_ref();
        transaction.is_some_and(|pending| {
            let KeyList {
                cache, keys, tags, ..
            } = list;
            pending.add(cache, Some(self.site), keys, tags, &mut self.guards)
        })
    }

    /// Places guards under the keys that are known by now.
    async fn guard(&mut self) {
        let Some(list) = &self.list else { return };
        if list.keys.is_empty() || Handle::try_current().is_err() {
            return;
        }
        // First, so that a call that is dropped on the way leaves them all the same.
        let guards = self.guards.insert(Guards::new());
        list.cache
            .engine()
            .enter(self.site, guards, &list.keys)
            .await;
    }

    /// Adds tags.
    pub fn tags(&mut self, tags: &[TemplateKey<'_>]) {
        if let Some(list) = &mut self.list {
            for tag in tags {
                list.push_tag(tag);
            }
        }
    }

    /// Adds keys and tags for each item.
    pub fn each<I: Iterator>(&mut self, items: I, key: impl Fn(I::Item, &mut KeyList)) {
        if let Some(list) = &mut self.list {
            items.for_each(|item| key(item, list));
        }
    }

    /// After the body. Boxed, so that the command's future does not live in the caller's.
    ///
    /// An error has been counted, and the deletion will be made good.
    pub(super) fn run(
        mut self,
        failed: bool,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> {
        Box::pin(async move {
            // From here on the engine takes care of the keys even if it is dropped.
            let Some(list) = self.list.take() else {
                return Ok(());
            };
            let engine = list.cache.engine();
            if failed && !self.always {
                if let Some(guards) = self.guards.take() {
                    engine.withdraw(&list.keys, guards).await;
                }
                return Ok(());
            }
            if list.is_empty() || self.waits(&list) {
                return Ok(());
            }
            if Handle::try_current().is_err() {
                self.lose(&list);
                let message = "there is no tokio runtime to send the deletion from";
                return Err(Error::new(ErrorKind::Unavailable, message));
            }
            match self.guards.take() {
                Some(guards) => {
                    let guarded = (&*list.keys, guards);
                    engine
                        .leave_and_invalidate(self.site, guarded, &list.tags)
                        .await
                }
                None => engine.invalidate(self.site, &list.keys, &list.tags).await,
            }
        })
    }

    /// Leaves the keys to the background. Until their deletion is through, this process does not trust them.
    fn lose(&mut self, list: &KeyList) {
        let engine = list.cache.engine();
        match self.guards.take() {
            Some(guards) => engine.lose_guarded(&list.keys, guards.token()),
            None => engine.lose(&list.keys),
        }
        engine.lose_tags(&list.tags);
    }
}

/// A writer that began and did not end (its future was dropped, or it panicked) invalidates all the same: its outcome
/// is unknown, and a deletion only costs a miss.
impl Drop for Invalidation {
    fn drop(&mut self) {
        let Some(list) = self.list.take() else {
            return;
        };
        if list.is_empty() || self.waits(&list) {
            return;
        }
        self.lose(&list);
    }
}

/// With `before`: the keys are guarded while the body runs.
///
/// # Cancel safety
/// The guards are left in the background.
#[must_use]
pub fn guarded(mut call: Invalidation) -> Pin<Box<dyn Future<Output = Invalidation> + Send>> {
    Box::pin(async move {
        call.guard().await;
        call
    })
}

/// Writes, then invalidates.
///
/// # Cancel safety
/// Dropped before its end it invalidates in the background.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn cache_invalidate<S, K, F, Fut>(
    mut call: Invalidation,
    shape: S,
    ret_keys: K,
    body: F,
) -> impl Future<Output = S::Output>
where
    S: Shape,
    K: FnOnce(&S::Value, &mut KeyList),
    F: FnOnce() -> Fut,
    Fut: Future<Output = S::Output>,
{
    async move {
        let returned = body().await;
        // Only now is the body's future gone, so only a new variable can have its place.
        let output = returned;
        let failed = match S::verdict(&output) {
            Verdict::Value(value) => {
                if let Some(list) = &mut call.list {
                    ret_keys(value, list);
                }
                false
            }
            Verdict::Absent => false,
            Verdict::Failed => true,
        };
        match call.run(failed).await {
            Err(error) if !failed => shape.undeleted(output, error.after_the_write()),
            _ => output,
        }
    }
}
