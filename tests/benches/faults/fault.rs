//! What happens to the server.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use cached_redis_tests::Server;

/// How late a slow server answers: too early for the deadline.
const LATE: Duration = Duration::from_millis(60);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Nothing happens: what all of this costs on a good day.
    None,
    /// The process is gone; connecting is refused.
    Killed,
    /// It is there, and does not run: connections stay open, and nothing is answered.
    Frozen,
    /// Every answer is late, but not too late.
    Slow,
    /// Somebody else has its port, and closes each connection at once.
    Refused,
    /// It is killed and starts again.
    Restarted,
}

pub(crate) const ALL: [Fault; 6] = [
    Fault::None,
    Fault::Killed,
    Fault::Frozen,
    Fault::Slow,
    Fault::Refused,
    Fault::Restarted,
];

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Killed => "killed",
            Self::Frozen => "frozen",
            Self::Slow => "slow",
            Self::Refused => "refused",
            Self::Restarted => "restarted",
        }
    }

    /// Lets it happen, and go on until the end is asked for.
    pub(crate) fn inject(self, server: &Server) -> UnderWay {
        match self {
            Self::None => {}
            Self::Killed => server.kill(),
            Self::Frozen => server.stop(),
            Self::Slow => return UnderWay::repeat(pausing(server)),
            Self::Refused => {
                server.kill();
                return UnderWay::repeat(refusing(server));
            }
            Self::Restarted => server.restart(),
        }
        UnderWay(None)
    }
}

/// Holds all clients' commands back for a while.
fn pausing(server: &Server) -> impl FnMut() + Send + 'static {
    let mut connection = server.connection().expect("a server");
    let millis = LATE.as_millis().to_string();
    move || {
        let mut command = redis::cmd("CLIENT");
        command.arg("PAUSE").arg(&millis).arg("ALL");
        // The next one waits for the end of this pause.
        command.query::<()>(&mut connection).expect("a pause");
    }
}

/// Takes the port, and nobody's calls.
fn refusing(server: &Server) -> impl FnMut() + Send + 'static {
    let port = server.port().expect("a port");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free now");
    listener.set_nonblocking(true).expect("a socket");
    move || {
        drop(listener.accept());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A fault that somebody has to keep up.
pub(crate) struct UnderWay(Option<(Arc<AtomicBool>, JoinHandle<()>)>);

impl UnderWay {
    fn repeat(mut step: impl FnMut() + Send + 'static) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                step();
            }
        });
        Self(Some((over, thread)))
    }

    pub(crate) fn end(self) {
        if let Some((over, thread)) = self.0 {
            over.store(true, Ordering::Relaxed);
            thread.join().expect("no panic");
        }
    }
}
