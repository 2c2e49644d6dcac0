//! What a program says about TLS. Read only with the feature `tls`, and there in any build.

use core::fmt;

/// PEM files' contents.
#[derive(Clone, Default)]
pub(crate) struct TlsSettings {
    /// Whom to trust instead of whom the machine trusts.
    pub(crate) ca: Option<Vec<u8>>,
    /// Our certificate and its key.
    pub(crate) client: Option<(Vec<u8>, Vec<u8>)>,
}

impl TlsSettings {
    /// The name of one that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        match self {
            Self { ca: Some(_), .. } => Some("tls_ca"),
            Self {
                client: Some(_), ..
            } => Some("tls_client_certificate"),
            _ => None,
        }
    }
}

/// Without any contents.
impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("ca", &self.ca.is_some())
            .field("client", &self.client.is_some())
            .finish()
    }
}
