//! Certificates of one's own, and a server that shows one.

use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};

use super::{Server, ServerBuilder};
use crate::{ScratchDir, port};

/// A CA that nobody else trusts.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key, as the contents of PEM files.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// A [`Server`] that listens on a port with TLS as well. The harness itself goes through the one without.
#[derive(Debug)]
pub struct TlsServer {
    server: Server,
    port: u16,
    // After `server`, which reads its files when it starts.
    certificates: Certificates,
}

/// What a server shows and whom it trusts, in files.
#[derive(Debug)]
pub(super) struct Certificates {
    args: Vec<String>,
    files: ScratchDir,
}

impl Certificates {
    /// `None`, after a line that says so, where this server has no TLS.
    pub(super) fn on(server: &ServerBuilder, authority: &Authority, pair: &Pair) -> Option<Self> {
        if !has_tls(server) {
            eprintln!("SKIPPED: the server under test is built without TLS");
            return None;
        }
        let files = ScratchDir::new("cr-tls");
        let mut args = Vec::new();
        for (option, name, content) in [
            ("--tls-cert-file", "cert.pem", &pair.certificate),
            ("--tls-key-file", "key.pem", &pair.key),
            ("--tls-ca-cert-file", "ca.pem", &authority.pem()),
        ] {
            let file = files.path().join(name);
            std::fs::write(&file, content).expect("a file in its own directory");
            args.extend([option.to_owned(), file.display().to_string()]);
        }
        Some(Self { args, files })
    }

    /// What the server's command line needs for them.
    pub(super) fn args(&self) -> &[String] {
        &self.args
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A CA with a key of its own.
    #[must_use]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        // Not the name of what it issues, which would look like its own issuer.
        params.distinguished_name.push(DnType::CommonName, "CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Its certificate, in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these host names and addresses.
    #[must_use]
    pub fn issue(&self, names: &[&str]) -> Pair {
        self.issue_with(names, |_| ())
    }

    /// A certificate that ended long ago.
    #[must_use]
    pub fn issue_expired(&self, names: &[&str]) -> Pair {
        self.issue_with(names, |params| params.not_after = date_time_ymd(2001, 1, 1))
    }

    fn issue_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).expect("names of hosts");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.0).expect("a certificate");
        Pair {
            certificate: signed.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl TlsServer {
    /// Starts a server for `localhost` and `127.0.0.1`. `None`, after a line that says so, where the server under test has
    /// no TLS.
    #[must_use]
    pub fn start(authority: &Authority) -> Option<Self> {
        let names = ["localhost", "127.0.0.1"];
        Self::start_with(Server::builder(), authority, &authority.issue(&names), &[])
    }

    /// Starts a server that shows `pair` and trusts `authority`.
    ///
    /// # Panics
    /// When it has TLS and does not start.
    #[must_use]
    pub fn start_with(
        server: ServerBuilder,
        authority: &Authority,
        pair: &Pair,
        args: &[&str],
    ) -> Option<Self> {
        let certificates = Certificates::on(&server, authority, pair)?;
        let port = port::free();
        let tls: Vec<_> = certificates.args.iter().map(String::as_str).collect();
        let own = ["--tls-port", &port.to_string(), "--tls-auth-clients", "no"];
        Some(Self {
            server: server.args(&tls).args(&own).args(args).start(),
            port,
            certificates,
        })
    }

    /// Where clients connect by TLS.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("localhost")
    }

    /// [`url`](Self::url) by another name.
    #[must_use]
    pub fn url_of(&self, host: &str) -> String {
        format!("rediss://{host}:{}", self.port)
    }

    /// The port with TLS.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server, through its other port.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What a sentinel's configuration needs to show the same certificate on a port of its own, one directive a line.
    #[must_use]
    pub fn directives(&self) -> String {
        let file = |name: &str| {
            self.certificates
                .files
                .path()
                .join(name)
                .display()
                .to_string()
        };
        format!(
            "tls-cert-file {}\ntls-key-file {}\ntls-ca-cert-file {}\ntls-auth-clients no\ntls-replication yes\n",
            file("cert.pem"),
            file("key.pem"),
            file("ca.pem")
        )
    }
}

/// One that has it complains about the certificates that are missing here.
fn has_tls(server: &ServerBuilder) -> bool {
    let mut command = Command::new(&server.binary);
    let said = command.args(["--port", "0", "--tls-port", "1"]).output();
    let said = said.expect("the server can be run");
    let (out, err) = (said.stdout, said.stderr);
    String::from_utf8_lossy(&[out, err].concat()).contains("Failed to configure TLS")
}
