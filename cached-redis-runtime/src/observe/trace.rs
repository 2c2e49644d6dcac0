//! Spans around loads and waits, with the feature `tracing`; without it nothing at all.

/// A span that is entered for each poll. Of nothing where nobody listens: then it is one word that says so.
#[derive(Debug)]
pub(crate) struct Trace(#[cfg(feature = "tracing")] Option<Box<tracing::Span>>);

#[cfg(feature = "tracing")]
impl Trace {
    /// Around a body that is run for a family of keys. Never the key: it may name a person.
    pub(crate) fn load(family: &'static str) -> Self {
        Self::of(tracing::debug_span!(target: "cached_redis", "cached_redis::load", family))
    }

    /// Around a wait for another call's load.
    pub(crate) fn wait(family: &'static str) -> Self {
        Self::of(tracing::debug_span!(target: "cached_redis", "cached_redis::wait", family))
    }

    /// Boxed, since it lies in the futures of callers.
    fn of(span: tracing::Span) -> Self {
        Self((!span.is_disabled()).then(|| Box::new(span)))
    }

    /// Around what is none of the cache's business.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// What happens on this thread until the result is dropped happens in the span.
    pub(crate) fn enter(&self) -> impl Sized + '_ {
        self.0.as_deref().map(tracing::Span::enter)
    }
}

#[cfg(not(feature = "tracing"))]
impl Trace {
    pub(crate) fn load(_family: &'static str) -> Self {
        Self()
    }

    pub(crate) fn wait(_family: &'static str) -> Self {
        Self()
    }

    pub(crate) fn none() -> Self {
        Self()
    }

    #[expect(clippy::unused_self, reason = "the other variant enters what is in it")]
    pub(crate) fn enter(&self) -> impl Sized + '_ {}
}
