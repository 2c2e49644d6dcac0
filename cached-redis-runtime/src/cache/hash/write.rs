//! A write of one field: the source and that field of the entry change together.

use core::fmt;
use core::future::Future;
use core::pin::{Pin, pin};

use serde::Serialize;
use tokio::runtime::Handle;

use super::field::{Field, Holds};
use crate::cache::context::Context;
use crate::cache::encoding;
use crate::cache::global::CacheRef;
use crate::cache::invalidation::{Invalidation, KeyList, TemplateKey};
use crate::codec::fields::{decode_fields, encode_field, fingerprint_of, format_of};
use crate::codec::{Cacheable, Format};
use crate::engine::{Admission, Holding, Left, Request};
use crate::shape::{Shape, Unencodable, Verdict};
use crate::site::Site;
use crate::sync::OnceLock;
use crate::ttl::Lifetimes;

/// Looks for the field's name in a value's bytes.
type Learn = Box<dyn Fn(&[u8]) -> Option<&'static str> + Send + Sync>;

/// One call, before its body runs.
pub struct FieldWrite {
    /// What is done unless the field is stored.
    invalidation: Invalidation,
    format: Format,
    fingerprint: u64,
    /// What the field is called, once that is known.
    name: Option<&'static str>,
    learn: Option<Learn>,
    /// What it is to hold, if that can be stored.
    value: Option<Vec<u8>>,
    /// The right to store, and how long the call may still wait for the store.
    held: Option<(Option<Holding>, Left)>,
}

impl fmt::Debug for FieldWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldWrite")
            .field("invalidation", &self.invalidation)
            .finish_non_exhaustive()
    }
}

impl FieldWrite {
    /// Finds the cache and renders the key, while the arguments are still there. Boxed, since the caller's future has it all
    /// the while.
    #[must_use]
    pub fn begin(
        site: &'static Site,
        cache: CacheRef,
        enabled: bool,
        key: &TemplateKey<'_>,
    ) -> Box<Self> {
        let keys = core::slice::from_ref(key);
        let invalidation = Invalidation::begin(site, cache, enabled, false, keys);
        let cache = invalidation.cache();
        let format = cache.map(|cache| site.format_or(cache.engine().settings().format));
        Box::new(Self {
            format: format_of(format.unwrap_or_default()),
            invalidation,
            fingerprint: 0,
            name: None,
            learn: None,
            value: None,
            held: None,
        })
    }

    /// Encodes what the field is to hold, before the body can move what that is made of.
    pub fn value<V, F, T>(&mut self, field: Field<V, F>, value: &T)
    where
        V: Cacheable + 'static,
        F: Cacheable + Holds<T> + 'static,
        T: Serialize + ?Sized,
    {
        let (site, format) = (self.invalidation.site(), self.format);
        if self.invalidation.stored().is_none() {
            return;
        }
        let mut bytes = Vec::new();
        match encode_field(format, value, &mut bytes) {
            Ok(()) => self.value = Some(bytes),
            Err(error) => encoding::unencodable(site, &Unencodable::from(error)),
        }
        self.fingerprint = fingerprint_of(site.fingerprint::<V, V>(format));
        self.name = field.stored_name();
        self.learn = Some(Box::new(move |payload| {
            let whole = decode_fields::<V>(format, payload).ok()?;
            field.learn(&whole)
        }));
    }

    fn request<'a>(&self, list: &'a KeyList) -> Option<Request<'a>> {
        Some(Request {
            site: self.invalidation.site(),
            key: list.keys().first()?,
            // The entry keeps the one that it has.
            lifetimes: Lifetimes::forever(),
            format: self.format,
            fingerprint: self.fingerprint,
            admission: Admission::Free,
        })
    }

    /// Takes the place of the entry's header.
    async fn hold(&mut self) {
        if self.value.is_none() || Handle::try_current().is_err() {
            return;
        }
        let Some(list) = self.invalidation.stored() else {
            return;
        };
        let Some(request) = self.request(list) else {
            return;
        };
        let engine = list.cache().engine().hashes();
        let name = OnceLock::new();
        let held = match (self.name, &self.learn) {
            (Some(known), _) => {
                let _ = name.set(known);
                engine.hold(request, None).await
            }
            (None, Some(learn)) => {
                let learn = |payload: &[u8]| learn(payload).is_some_and(|it| name.set(it).is_ok());
                engine.hold(request, Some(&learn)).await
            }
            (None, None) => return,
        };
        self.name = name.into_inner();
        self.held = Some(held);
    }

    fn context(&self) -> Context {
        self.invalidation.around(self.held.is_some())
    }

    /// After the body.
    fn end(
        mut self: Box<Self>,
        failed: bool,
        found: bool,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let held = self.held.take();
            let list = self.invalidation.at_once();
            let request = list.and_then(|list| self.request(list));
            let (Some(list), Some(request), Some(held)) = (list, request, held) else {
                // An error has been counted, and the deletion will be made good.
                let _ = self.invalidation.run(failed).await;
                return;
            };
            let engine = list.cache().engine().hashes();
            if failed {
                engine.unheld(held).await;
            } else {
                let value = self.value.as_deref().filter(|_| found);
                let field = self.name.zip(value);
                engine.write_field(request, held, field).await;
            }
            self.invalidation.done();
        })
    }
}

/// Takes the place of the entry's header before the body runs.
///
/// # Cancel safety
/// The key is deleted in the background.
#[must_use]
pub fn held(mut call: Box<FieldWrite>) -> Pin<Box<dyn Future<Output = Box<FieldWrite>> + Send>> {
    Box::pin(async move {
        call.hold().await;
        call
    })
}

/// Writes to the source, then stores the field that was given before.
///
/// # Cancel safety
/// Dropped before its end it deletes the key in the background.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn write_field<S, F, Fut>(
    call: Box<FieldWrite>,
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
        let (failed, found) = match S::verdict(&output) {
            Verdict::Failed => (true, false),
            Verdict::Value(_) => (false, true),
            // Of what was to be changed there was nothing, so the source does not hold the value.
            Verdict::Absent => (false, false),
        };
        call.end(failed, found).await;
        output
    }
}
