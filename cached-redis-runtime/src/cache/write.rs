//! One call of a function that writes through: the key is taken before the body, and holds the new value after it.

use core::fmt;
use core::future::Future;
use core::pin::{Pin, pin};

use tokio::runtime::Handle;

use super::context::Context;
use super::encoding;
use super::global::CacheRef;
use super::invalidation::{Invalidation, KeyList, TemplateKey};
use crate::codec::fields::format_of;
use crate::codec::{Cacheable, Format};
use crate::engine::{Admission, Engine, Left, Outcome, Request, Seized, tag_prefix};
use crate::shape::{Shape, Storable, Verdict};
use crate::site::Site;
use crate::sync::Arc;
use crate::ttl::{Keep, Lifetimes, Soft};

/// One call, before its body runs.
pub struct WriteThrough {
    /// What is done unless the value is stored: also inside a transaction, where what this call wrote may not be what is
    /// committed.
    invalidation: Invalidation,
    tags: Vec<String>,
    lifetimes: Lifetimes,
    format: Format,
    /// With `layout = hash`.
    by_field: bool,
    /// With `value`: its encoding and the fingerprint of its type.
    value: Option<(Outcome, u64)>,
    /// The right to store, and how long the call may still wait for the store.
    seized: Option<(Option<Seized>, Left)>,
}

impl fmt::Debug for WriteThrough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteThrough")
            .field("invalidation", &self.invalidation)
            .finish_non_exhaustive()
    }
}

impl WriteThrough {
    /// Finds the cache and renders the key and the tags, while the arguments are still there. Boxed, since the caller's
    /// future has it all the while.
    #[must_use]
    pub fn begin(
        site: &'static Site,
        cache: CacheRef,
        enabled: bool,
        lifetimes: Lifetimes,
        key: &TemplateKey<'_>,
        tags: &[TemplateKey<'_>],
    ) -> Box<Self> {
        let keys = core::slice::from_ref(key);
        let invalidation = Invalidation::begin(site, cache, enabled, false, keys);
        let (mut all, mut format) = (Vec::new(), Format::default());
        if let Some(cache) = invalidation.cache() {
            let settings = cache.engine().settings();
            format = site.format_or(settings.format);
            let prefix = tag_prefix(&settings.namespace);
            all.extend(tags.iter().map(|tag| tag.render(&prefix)));
        }
        Box::new(Self {
            invalidation,
            tags: all,
            lifetimes,
            format,
            by_field: false,
            value: None,
            seized: None,
        })
    }

    /// With `value`: encodes it before the body can move what it is made of.
    pub fn value<S: Storable>(&mut self, value: &S::Output, store: impl FnOnce(&S::Value) -> Keep) {
        if self.invalidation.stored().is_none() {
            return;
        }
        let outcome = match self.encoded::<S>(value, store) {
            // The write may take place all the same.
            Outcome::Failed => Outcome::Unstored(None),
            outcome => outcome,
        };
        let fingerprint = S::fingerprint(self.invalidation.site(), self.format);
        self.value = Some((outcome, fingerprint));
    }

    fn engine<'a>(&self, list: &'a KeyList) -> &'a Arc<Engine> {
        let engine = list.cache().engine();
        if self.by_field {
            engine.hashes()
        } else {
            engine
        }
    }

    /// Takes the key.
    async fn seize(&mut self) {
        let tags = core::mem::take(&mut self.tags);
        let Some(list) = self.invalidation.stored() else {
            return;
        };
        if Handle::try_current().is_err() {
            return;
        }
        let (engine, site) = (self.engine(list), self.invalidation.site());
        let Some(key) = list.keys().first() else {
            return;
        };
        self.seized = Some(engine.seize(site, key, tags, self.lifetimes).await);
    }

    fn context(&self) -> Context {
        self.invalidation.around(self.seized.is_some())
    }

    fn encoded<S: Storable>(
        &self,
        output: &S::Output,
        store: impl FnOnce(&S::Value) -> Keep,
    ) -> Outcome {
        let value = match S::verdict(output) {
            Verdict::Failed => return Outcome::Failed,
            Verdict::Absent => return Outcome::Absent,
            Verdict::Value(value) => value,
        };
        let keep = match self.invalidation.stored() {
            Some(_) => store(value),
            None => Keep::NOT,
        };
        if keep.is_not() {
            return Outcome::Unstored(None);
        }
        let site = self.invalidation.site();
        let mut bytes = encoding::buffer(site);
        let encoded = S::encode(self.format, value, &mut bytes);
        encoding::outcome(site, encoded, bytes, keep)
    }

    /// After the body.
    fn end(
        mut self: Box<Self>,
        outcome: Outcome,
        fingerprint: u64,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let failed = matches!(outcome, Outcome::Failed);
            let seized = self.seized.take();
            let list = self.invalidation.at_once();
            let (Some(list), Some(seized)) = (list, seized) else {
                // An error has been counted, and the deletion will be made good.
                let _ = self.invalidation.run(failed).await;
                return;
            };
            let (engine, site) = (self.engine(list), self.invalidation.site());
            if failed {
                engine.unwritten(seized).await;
            } else if let Some(key) = list.keys().first() {
                let request = Request {
                    site,
                    key,
                    lifetimes: self.lifetimes,
                    format: self.format,
                    fingerprint,
                    admission: Admission::Free,
                };
                engine.write(request, seized, outcome).await;
            }
            self.invalidation.done();
        })
    }
}

/// With `stale`: what is stored stays for readers that use it after its ttl.
#[must_use]
pub fn lasting(mut call: Box<WriteThrough>, soft: Soft) -> Box<WriteThrough> {
    call.lifetimes = soft.kept(call.lifetimes);
    call
}

/// With `layout = hash`.
#[must_use]
pub fn by_field(mut call: Box<WriteThrough>) -> Box<WriteThrough> {
    call.by_field = true;
    call.format = format_of(call.format);
    call
}

/// Takes the key before the body runs.
///
/// # Cancel safety
/// The key is deleted in the background.
#[must_use]
pub fn seized(
    mut call: Box<WriteThrough>,
) -> Pin<Box<dyn Future<Output = Box<WriteThrough>> + Send>> {
    Box::pin(async move {
        call.seize().await;
        call
    })
}

/// Writes to the source, then stores what the body returned.
///
/// # Cancel safety
/// Dropped before its end it deletes the key in the background.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn write_through<S, U, F, Fut>(
    call: Box<WriteThrough>,
    _shape: S,
    store: U,
    body: F,
) -> impl Future<Output = S::Output>
where
    // Said first, so that rustc names the user's type and not ours around it.
    S: Shape<Stored: Cacheable>,
    S: Storable,
    U: FnOnce(&S::Value) -> Keep,
    F: FnOnce() -> Fut,
    Fut: Future<Output = S::Output>,
{
    async move {
        let returned = {
            let body = pin!(body());
            call.context().run(body).await
        };
        // Only now is the body's future gone, so only a new variable can have its place.
        let output = returned;
        let fingerprint = S::fingerprint(call.invalidation.site(), call.format);
        let outcome = call.encoded::<S>(&output, store);
        call.end(outcome, fingerprint).await;
        output
    }
}

/// Writes to the source, then stores the `value` that was given before.
///
/// # Cancel safety
/// As for [`write_through`].
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn write_through_value<S, F, Fut>(
    mut call: Box<WriteThrough>,
    _shape: S,
    body: F,
) -> impl Future<Output = S::Output>
where
    S: Shape,
    F: FnOnce() -> Fut,
    Fut: Future<Output = S::Output>,
{
    async move {
        let returned = {
            let body = pin!(body());
            call.context().run(body).await
        };
        // Only now is the body's future gone, so only a new variable can have its place.
        let output = returned;
        let (outcome, fingerprint) = match (S::verdict(&output), call.value.take()) {
            (Verdict::Failed, _) => (Outcome::Failed, 0),
            (Verdict::Value(_), Some(value)) => value,
            // Of what was to be changed there was nothing, so the source does not hold the value.
            (Verdict::Absent, _) | (_, None) => (Outcome::Unstored(None), 0),
        };
        call.end(outcome, fingerprint).await;
        output
    }
}
