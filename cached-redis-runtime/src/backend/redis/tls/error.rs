//! Why a handshake failed, in words that say what to change.

use core::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, InvalidMessage};

use crate::error::{Error, ErrorKind};
use crate::sync::Arc;

/// What of TLS is behind a failure to connect, if anything. A certificate that does not fit will not fit the next time; one
/// that has expired is renewed on the server, and no reason for this program not to start.
pub(in super::super) fn refusal(error: &(dyn StdError + 'static)) -> Option<Error> {
    let (kind, message) = match cause(error)? {
        rustls::Error::InvalidCertificate(why) => match why {
            // The second where a CA was made anew under its old name.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => (
                ErrorKind::Setting,
                "the server's certificate was issued by a CA that is not trusted here; if it is your own, give its \
                 certificate to the builder's `tls_ca`",
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                (
                    ErrorKind::Setting,
                    "the server's certificate is for another host than the URL names",
                )
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
                ErrorKind::Unavailable,
                "the server's certificate has expired",
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
                ErrorKind::Unavailable,
                "the server's certificate is not valid yet; is this machine's clock right?",
            ),
            _ => (
                ErrorKind::Setting,
                "the server's certificate cannot be trusted",
            ),
        },
        rustls::Error::AlertReceived(alert) => (ErrorKind::Setting, alerted(*alert)),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => (
            ErrorKind::Setting,
            "what answers does not speak TLS; is the port the one for TLS?",
        ),
        rustls::Error::HandshakeNotComplete => (
            ErrorKind::Unavailable,
            "the server did not answer the TLS handshake; is the port the one for TLS?",
        ),
        _ => (ErrorKind::Unavailable, "the TLS handshake failed"),
    };
    Some(Error::new(kind, message))
}

fn alerted(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired => {
            "the server asks for a client certificate, which the builder's `tls_client_certificate` gives it"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError
        | AlertDescription::UnknownCA => {
            "the server does not accept the certificate of `tls_client_certificate`"
        }
        // Before TLS 1.3 a missing certificate has no alert of its own.
        _ => {
            "the server refused the TLS handshake; does it ask for a client certificate (`tls_client_certificate`)?"
        }
    }
}

/// An I/O error wraps its cause, which `source` skips, and the client holds the I/O error in an `Arc`.
fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    if let Some(shared) = error.downcast_ref::<Arc<dyn StdError + Send + Sync>>() {
        return cause(&**shared);
    }
    if let Some(io) = error.downcast_ref::<io::Error>() {
        return cause(io.get_ref()?);
    }
    error.downcast_ref().or_else(|| cause(error.source()?))
}
