//! A TCP proxy between one process and the server, which does to the traffic what its [`Weather`] says.

mod pipe;
mod weather;

use std::io;
use std::net::Ipv4Addr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use self::pipe::Pipe;
use self::weather::Way;
pub(crate) use self::weather::{Sky, Weather};
use crate::random::Random;

/// A proxy that runs as long as the runtime does.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    weather: Weather,
}

impl Proxy {
    /// Starts one before the server at `upstream`, a loopback port. `random` draws its delays.
    pub(crate) async fn start(upstream: u16, mut random: Random) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let weather = Weather::default();
        let over = weather.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let random = Random::of(random.next(), &[]);
                if !over.refuses() {
                    tokio::spawn(connect(client, upstream, over.clone(), random));
                }
            }
        });
        Ok(Self { port, weather })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn weather(&self) -> &Weather {
        &self.weather
    }
}

async fn connect(client: TcpStream, upstream: u16, weather: Weather, mut random: Random) {
    // A server that is not there: the client's connection closes.
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, upstream)).await else {
        return;
    };
    // The proxy adds no waiting of its own.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let cut = Notify::new();
    let mut pipe = |way| Pipe {
        way,
        weather: weather.clone(),
        cuts: weather.cuts(),
        random: Random::of(random.next(), &[]),
        cut: &cut,
    };
    let (up, down) = (pipe(Way::ToServer), pipe(Way::ToClient));
    let both = async {
        tokio::join!(
            up.carry(from_client, to_server),
            down.carry(from_server, to_client)
        )
    };
    tokio::select! {
        _ = both => {}
        () = cut.notified() => {}
    }
}
