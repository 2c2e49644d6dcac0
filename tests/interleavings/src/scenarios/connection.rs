//! The connection that callers use, its driver, and the supervisor that replaces it.

use core::future::poll_fn;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::task::Poll;

use shuttle::future::batch_semaphore::{BatchSemaphore, Fairness};
use shuttle::future::{block_on, spawn, yield_now};
use shuttle::rand::{Rng as _, thread_rng};

use crate::error::Error;
use crate::link::{Alarm, Link};
use crate::supervisor::{Supervised, Supervisor, supervise};
use crate::sync::Arc;

/// More connections than a scenario opens.
const MOST: usize = 24;
/// The drivers of later connections do not close them, so that there is an end.
const UNSTEADY: usize = 8;

/// What is known from outside about one connection.
#[derive(Default)]
struct Fate {
    /// How often a caller was about to say that a command was not answered; twice for one who was told that it is closed.
    suspicions: AtomicUsize,
    closed: AtomicBool,
    /// Its driver is on the runtime that ends.
    mortal: AtomicBool,
    published: AtomicBool,
}

/// A server, and all that happened to those who connect to it.
struct Server {
    connections: [Fate; MOST],
    opened: AtomicUsize,
    supervisors: AtomicUsize,
    /// The one that runs does on the runtime that ends.
    mortal: AtomicBool,
    /// Where the first supervisor is, whose end is the end of its connections as well. Closed when it has ended.
    runtime: BatchSemaphore,
    /// One permit for whatever somebody may wait for: a connection was published, a supervisor has ended.
    events: BatchSemaphore,
}

impl Server {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            connections: Default::default(),
            opened: AtomicUsize::new(0),
            supervisors: AtomicUsize::new(0),
            mortal: AtomicBool::new(false),
            runtime: BatchSemaphore::new(0, Fairness::StrictlyFair),
            events: BatchSemaphore::new(0, Fairness::StrictlyFair),
        })
    }

    /// Whether it ended with its runtime, so that nobody said so.
    fn is_lost(&self, number: usize) -> bool {
        let mortal = &self.connections[number].mortal;
        mortal.load(Ordering::SeqCst) && self.runtime.is_closed()
    }

    /// Whether a command on this connection would be sent.
    fn is_open(&self, number: usize) -> bool {
        let closed = &self.connections[number].closed;
        !closed.load(Ordering::SeqCst) && !self.is_lost(number)
    }

    /// Whether there may be a reason to replace it.
    fn is_suspect(&self, number: usize) -> bool {
        let suspicions = &self.connections[number].suspicions;
        !self.is_open(number) || suspicions.load(Ordering::SeqCst) >= 2
    }

    fn published(&self) -> impl Iterator<Item = usize> {
        let opened = 0..self.opened.load(Ordering::SeqCst);
        opened.filter(|&number| self.connections[number].published.load(Ordering::SeqCst))
    }
}

/// How the server answers a command.
#[derive(Clone, Copy)]
enum Reply {
    InTime,
    Late,
    /// It hangs up.
    Never,
}

/// As `connect.rs` has it.
struct Endpoint {
    link: Arc<Link<usize>>,
    supervisor: Supervisor,
    server: Arc<Server>,
}

impl Endpoint {
    fn new(server: &Arc<Server>) -> Arc<Self> {
        Arc::new(Self {
            link: Arc::new(Link::new()),
            supervisor: Supervisor::default(),
            server: Arc::clone(server),
        })
    }

    fn supervise(self: &Arc<Self>) {
        self.supervisor.ensure(|| {
            let task = supervise(
                Arc::downgrade(self),
                Arc::downgrade(&self.link),
                self.link.bell(),
            );
            alone(task, Arc::clone(&self.server))
        });
    }

    /// Sends one command. Says whether it was answered.
    fn send(self: &Arc<Self>, reply: Reply) -> bool {
        let Some(live) = self.link.current() else {
            self.supervise();
            return false;
        };
        let number = **live;
        let fate = &self.server.connections[number];
        match reply {
            Reply::InTime if self.server.is_open(number) => {
                live.answered();
                return true;
            }
            Reply::Late => {
                fate.suspicions.fetch_add(1, Ordering::SeqCst);
                if !self.link.unanswered(&live) {
                    return false;
                }
            }
            Reply::InTime | Reply::Never => {
                fate.suspicions.fetch_add(2, Ordering::SeqCst);
                self.link.retire(&live);
            }
        }
        fate.closed.store(true, Ordering::SeqCst);
        let current = self.link.current().map(|live| **live);
        assert_ne!(current, Some(number), "in use after its end was seen");
        self.supervise();
        false
    }
}

impl Supervised for Endpoint {
    async fn attempt(&self) -> Result<(), Error> {
        let server = &self.server;
        for number in server.published() {
            assert!(server.is_suspect(number), "connection {number} was sound");
        }
        let left = self.link.current().map(|live| **live);
        assert!(
            left.is_none_or(|number| server.is_lost(number)),
            "in use while it is replaced"
        );
        yield_now().await;
        if thread_rng().gen_bool(0.3) {
            return Err("nobody listens");
        }
        let alarm = self.link.alarm();
        let number = server.opened.fetch_add(1, Ordering::SeqCst);
        let mortal = server.mortal.load(Ordering::SeqCst);
        server.connections[number]
            .mortal
            .store(mortal, Ordering::SeqCst);
        spawn(drive(number, alarm.clone(), Arc::clone(server)));
        yield_now().await;
        self.link.publish(number, alarm);
        server.connections[number]
            .published
            .store(true, Ordering::SeqCst);
        server.events.release(1);
        Ok(())
    }

    fn trouble(&self, _error: &Error) -> Option<String> {
        None
    }
}

/// The task of a supervisor, which ends with its runtime as well. There is one at a time.
async fn alone(task: impl Future<Output = ()>, server: Arc<Server>) {
    struct Alone<'a>(&'a Server);

    impl Drop for Alone<'_> {
        fn drop(&mut self) {
            self.0.supervisors.fetch_sub(1, Ordering::SeqCst);
            self.0.events.release(1);
        }
    }

    let others = server.supervisors.fetch_add(1, Ordering::SeqCst);
    let _alone = Alone(&server);
    assert_eq!(others, 0, "two supervisors at once");
    let mortal = !server.runtime.is_closed();
    server.mortal.store(mortal, Ordering::SeqCst);
    if !mortal {
        return task.await;
    }
    let (mut task, mut end) = (pin!(task), pin!(server.runtime.acquire(1)));
    poll_fn(|cx| match end.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => task.as_mut().poll(cx),
    })
    .await;
}

/// Closes its connection at any moment, also before it is published, or never.
async fn drive(number: usize, alarm: Alarm, server: Arc<Server>) {
    if number < UNSTEADY && thread_rng().gen_bool(0.3) {
        yield_now().await;
        // Who ends with the runtime says nothing.
        if server.is_open(number) {
            server.connections[number]
                .closed
                .store(true, Ordering::SeqCst);
            alarm.sound();
        }
    }
}

/// A few commands, with any luck.
async fn call(endpoint: Arc<Endpoint>) {
    for _ in 0..3 {
        yield_now().await;
        endpoint.send(match thread_rng().gen_range(0..4) {
            0 => Reply::InTime,
            1 => Reply::Never,
            _ => Reply::Late,
        });
    }
}

/// Callers of one endpoint, until they have made their calls.
async fn calls(endpoint: &Arc<Endpoint>) {
    let callers: Vec<_> = (0..2).map(|_| spawn(call(Arc::clone(endpoint)))).collect();
    for caller in callers {
        caller.await.expect("no panic");
    }
}

/// The last handle goes, and the supervisor with it.
async fn end(endpoint: Arc<Endpoint>, server: &Server) {
    drop(endpoint);
    while server.supervisors.load(Ordering::SeqCst) > 0 {
        server.events.acquire(1).await.expect("never closed");
    }
}

/// Each connection that dies is replaced, whoever finds out and when, though nobody calls any more; none that works is
/// taken out of use; there is one supervisor, whoever asks for it, and it ends with the endpoint.
///
/// # Panics
/// If not.
pub fn replacement() {
    let server = Server::new();
    let endpoint = Endpoint::new(&server);
    block_on(async {
        calls(&endpoint).await;
        // A driver may still close what was published last; then one more is to come.
        while !server.published().any(|number| server.is_open(number)) {
            server.events.acquire(1).await.expect("never closed");
        }
        end(endpoint, &server).await;
    });
}

/// The same while the runtime ends that the first supervisor and its connections are on: those who call from another
/// start one supervisor there, and it finds nothing left of the first.
///
/// # Panics
/// If not.
pub fn restart() {
    let server = Server::new();
    let endpoint = Endpoint::new(&server);
    block_on(async {
        endpoint.supervise();
        let runtime = {
            let server = Arc::clone(&server);
            spawn(async move {
                yield_now().await;
                server.runtime.close();
            })
        };
        calls(&endpoint).await;
        runtime.await.expect("no panic");
        // Only a call finds out.
        while !endpoint.send(Reply::InTime) {
            yield_now().await;
        }
        end(endpoint, &server).await;
    });
}
