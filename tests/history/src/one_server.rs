//! One server, behind a proxy for each process.

use std::io;
use std::sync::Arc;

use cached_redis_tests::Server;

use crate::faults::{Fault, Kind};
use crate::proxy::{Proxy, Sky};
use crate::random::Random;

#[derive(Debug)]
pub(crate) struct OneServer {
    server: Arc<Server>,
    proxies: Vec<Proxy>,
}

impl OneServer {
    /// Starts a server and a proxy for each of so many processes.
    pub(crate) async fn start(seed: u64, processes: usize) -> io::Result<Self> {
        let server = tokio::task::spawn_blocking(Server::start).await?;
        let port = server.port().expect("a server on a port");
        let mut proxies = Vec::new();
        for process in 0..processes as u64 {
            proxies.push(Proxy::start(port, Random::of(seed, &[5, process])).await?);
        }
        let server = Arc::new(server);
        Ok(Self { server, proxies })
    }

    pub(crate) fn url(&self, process: usize) -> String {
        self.proxies[process].url()
    }

    pub(crate) fn storm(&self, process: usize, fault: Fault) {
        let weather = self.proxies[process].weather();
        let after = usize::try_from(fault.degree).unwrap_or_default();
        match fault.kind {
            Kind::Cut => weather.cut(after),
            Kind::Refuse => {
                weather.refuse(true);
                weather.cut(after);
            }
            _ => {
                let (to_server, to_client) = fault.skies();
                weather.set(to_server, to_client);
            }
        }
    }

    pub(crate) fn clear_up(&self, process: usize) {
        let weather = self.proxies[process].weather();
        weather.refuse(false);
        weather.set(Sky::Clear, Sky::Clear);
    }

    pub(crate) async fn hit(&self, kind: Kind) {
        match kind {
            Kind::Flush => self.command(&["FLUSHALL"]).await,
            Kind::KillServer => self.on_server(Server::kill).await,
            Kind::StopServer => self.on_server(Server::stop).await,
            Kind::Full => self.command(&["CONFIG", "SET", "maxmemory", "1"]).await,
            Kind::ScriptFlush => self.command(&["SCRIPT", "FLUSH"]).await,
            _ => {}
        }
    }

    pub(crate) async fn mend(&self, kind: Kind) {
        match kind {
            Kind::KillServer => self.on_server(Server::restart).await,
            Kind::StopServer => self.on_server(Server::cont).await,
            Kind::Full => self.command(&["CONFIG", "SET", "maxmemory", "0"]).await,
            _ => {}
        }
    }

    async fn command(&self, command: &'static [&'static str]) {
        self.on_server(move |server| server.run(command)).await;
    }

    /// The harness's server takes its time in blocking calls.
    async fn on_server(&self, act: impl FnOnce(&Server) + Send + 'static) {
        let server = Arc::clone(&self.server);
        let acted = tokio::task::spawn_blocking(move || act(&server));
        acted.await.expect("the server does what the harness says");
    }
}
