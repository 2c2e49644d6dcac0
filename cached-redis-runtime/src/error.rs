//! The one error type of the crate.

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

/// What went wrong, coarsely enough to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The URL cannot be used. The message names the part that is wrong and never repeats a password.
    Url,
    /// A setting of the builder is out of range or does not fit the server: its database, its certificate, the name of its master.
    Setting,
    /// The server refused the user or the password, or the user may not run a command.
    Auth,
    /// There is no connection to the server at the moment. The cache is reconnecting in the background.
    Unavailable,
    /// The server did not answer within the deadline. The command may or may not have been executed.
    Timeout,
    /// The server is out of memory (`maxmemory` reached under `noeviction`).
    Full,
    /// The key holds another Redis type than what the cache keeps there, or a number was expected and is not there. It is left
    /// alone.
    WrongType,
    /// A counter would leave the range of `i64`. It stays as it is.
    Overflow,
    /// The server answered with an error of another sort.
    Server,
    /// What was to be deleted is deleted, and fewer replicas than
    /// [`wait_for_replicas`](crate::CacheBuilder::wait_for_replicas) asks for have said in time that they know: if one that
    /// does not takes the primary's place, an old entry is there again.
    Unconfirmed,
    /// A cache is already installed in this process.
    AlreadyInstalled,
}

/// An error of the cache itself.
///
/// Annotated functions do not return it: they fall back to their body. It comes from
/// [`Cache::connect`](crate::Cache::connect), [`Cache::install`](crate::Cache::install) and the calls that talk to
/// the cache directly, and from a write that asks for it by `on_error = "fail"`.
#[derive(Clone)]
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Arc<dyn core::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    #[cfg(feature = "redis")]
    pub(crate) fn with_source(
        mut self,
        source: impl core::error::Error + Send + Sync + 'static,
    ) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Of a deletion that too few replicas know of.
    pub(crate) fn unconfirmed() -> Self {
        let message = "it is deleted, but too few replicas have confirmed it in time: a failover may bring back an old entry";
        Self::new(ErrorKind::Unconfirmed, message)
    }

    /// The same, for whom it reaches instead of the result of a write.
    pub(crate) fn after_the_write(self) -> Self {
        if self.kind == ErrorKind::Unconfirmed {
            let message = "the write took place and its cache entries are deleted, but too few replicas have confirmed that \
                 in time: a failover may bring back an old entry";
            return Self {
                message: message.into(),
                ..self
            };
        }
        let cause = &self.message;
        let message = format!(
            "the write took place, but its cache entries could not be deleted: {cause}; until they are, this process \
             does not use them and keeps trying"
        );
        Self {
            message: message.into(),
            ..self
        }
    }

    /// Whether the command was certainly not executed. After a broken connection or a timeout nobody knows.
    pub(crate) fn is_definite(&self) -> bool {
        !matches!(self.kind, ErrorKind::Unavailable | ErrorKind::Timeout)
    }

    /// The kind, to match on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn core::error::Error + 'static))
    }
}
