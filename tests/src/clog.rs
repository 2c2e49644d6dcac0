//! A way to a server on which large messages get stuck.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::{Gate, Server};

/// What is longer, in one direction and without a word from the other, is a large message, if the test does not say otherwise.
const LARGE: usize = 512 << 10;

/// Carries connections to a server. Whoever has a large message on one waits at a [`Gate`], and with him all that is
/// behind him on that connection; other connections go on.
///
/// It ends with the runtime it was started in.
#[derive(Debug)]
pub struct Clog {
    port: u16,
    gate: Gate,
    road: Arc<Road>,
}

#[derive(Debug)]
struct Road {
    /// How many connections there are, and how many there may be.
    open: AtomicUsize,
    most: AtomicUsize,
    /// Bytes of the longest message that is not large.
    longest: AtomicUsize,
    /// Tells all connections to end.
    cut: Notify,
}

impl Clog {
    /// A way to this server with its gate open. It must listen on a port.
    pub async fn before(server: &Server) -> Self {
        let to = server.port().expect("a port");
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let port = listener.local_addr().expect("a port").port();
        let road = Arc::new(Road {
            open: AtomicUsize::new(0),
            most: AtomicUsize::new(usize::MAX),
            longest: AtomicUsize::new(LARGE),
            cut: Notify::new(),
        });
        let gate = Gate::opened();
        drop(tokio::spawn(accept(
            listener,
            to,
            Arc::clone(&road),
            gate.clone(),
        )));
        Self { port, gate, road }
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Where large messages wait.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.road.open.load(Ordering::SeqCst)
    }

    /// From now on messages of more bytes than this are large.
    pub fn hold_above(&self, longest: usize) {
        self.road.longest.store(longest, Ordering::SeqCst);
    }

    /// From now on no connection is let in that would be one more than this.
    pub fn allow(&self, most: usize) {
        self.road.most.store(most, Ordering::SeqCst);
    }

    /// Ends all connections.
    pub fn cut(&self) {
        self.road.cut.notify_waiters();
    }
}

async fn accept(listener: TcpListener, to: u16, road: Arc<Road>, gate: Gate) {
    while let Ok((client, _)) = listener.accept().await {
        if road.open.load(Ordering::SeqCst) >= road.most.load(Ordering::SeqCst) {
            continue;
        }
        road.open.fetch_add(1, Ordering::SeqCst);
        let (road, gate) = (Arc::clone(&road), gate.clone());
        drop(tokio::spawn(async move {
            if let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await {
                tokio::select! {
                    () = carry(client, server, &road, &gate) => {}
                    () = road.cut.notified() => {}
                }
            }
            road.open.fetch_sub(1, Ordering::SeqCst);
        }));
    }
}

async fn carry(client: TcpStream, server: TcpStream, road: &Road, gate: &Gate) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // How much each has said since the other did.
    let (asked, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let longest = &road.longest;
    tokio::select! {
        () = pass_on(from_client, to_server, (&asked, &answered), longest, gate) => {}
        () = pass_on(from_server, to_client, (&answered, &asked), longest, gate) => {}
    }
}

async fn pass_on(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    (said, other): (&AtomicUsize, &AtomicUsize),
    longest: &AtomicUsize,
    gate: &Gate,
) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        other.store(0, Ordering::SeqCst);
        let before = said.fetch_add(count, Ordering::SeqCst);
        let longest = longest.load(Ordering::SeqCst);
        if before <= longest && before + count > longest {
            gate.pass().await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
