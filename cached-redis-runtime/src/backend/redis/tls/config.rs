//! What a handshake needs to know, read once.

use rustls::RootCertStore;
use rustls::client::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::super::tls_settings::TlsSettings;
use crate::error::{Error, ErrorKind};
use crate::sync::Arc;

pub(super) fn build(settings: &TlsSettings) -> Result<ClientConfig, Error> {
    let roots = match &settings.ca {
        Some(pem) => own(pem)?,
        None => system()?,
    };
    let config = ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("the process's rustls provider has no TLS 1.2 or 1.3", error))?
        .with_root_certificates(roots);
    let Some((certificate, key)) = &settings.client else {
        return Ok(config.with_no_client_auth());
    };
    let chain = certificates(certificate, "the certificate of `tls_client_certificate`")?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
        let message = "the key of `tls_client_certificate` has no `-----BEGIN PRIVATE KEY-----`: it is the content of a PEM \
                       file, and not encrypted";
        Error::new(ErrorKind::Setting, message)
    })?;
    config
        .with_client_auth_cert(chain, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => wrong(
                "the key of `tls_client_certificate` is not that of its certificate",
                error,
            ),
            error => wrong("the key of `tls_client_certificate` cannot be used", error),
        })
}

/// That of the process, if it has one. Ours is never installed: which one a process has is for the program to say.
#[cfg_attr(
    feature = "tls",
    expect(clippy::unnecessary_wraps, reason = "without ring there may be none")
)]
fn provider() -> Result<Arc<CryptoProvider>, Error> {
    if let Some(installed) = CryptoProvider::get_default() {
        return Ok(Arc::clone(installed));
    }
    #[cfg(feature = "tls")]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(feature = "tls"))]
    Err(Error::new(
        ErrorKind::Setting,
        "with the feature `tls-no-provider` the program installs a provider of cryptography before it connects, as by \
         `rustls::crypto::aws_lc_rs::default_provider().install_default()`; the feature `tls` brings one",
    ))
}

fn own(pem: &[u8]) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem, "`tls_ca`")? {
        let added = roots.add(certificate);
        added.map_err(|error| wrong("a certificate of `tls_ca` cannot be read", error))?;
    }
    Ok(roots)
}

/// What the machine trusts, as `curl` and `redis-cli` do: an operator can add to it without a new build, and what the
/// system no longer trusts is not trusted here.
fn system() -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // One that cannot be read is none of ours to complain about, as long as others can.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let message = "this machine trusts no certificates at all: install its `ca-certificates`, name a file by \
                       `SSL_CERT_FILE`, or give the builder a `tls_ca`";
        return Err(Error::new(ErrorKind::Setting, message));
    }
    Ok(roots)
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => {
            let message = format!(
                "{what} has no `-----BEGIN CERTIFICATE-----`: it is the content of a PEM file, as `std::fs::read` returns it"
            );
            Err(Error::new(ErrorKind::Setting, message))
        }
    }
}

fn wrong(message: &'static str, error: rustls::Error) -> Error {
    Error::new(ErrorKind::Setting, message).with_source(error)
}

#[cfg(all(test, not(feature = "tls")))]
mod tests {
    use super::*;

    #[test]
    fn without_ring_the_program_brings_a_provider() {
        let error = build(&TlsSettings::default()).expect_err("there is none");
        assert_eq!(error.kind(), ErrorKind::Setting);
        assert!(error.to_string().contains("install_default"), "{error}");
    }
}
