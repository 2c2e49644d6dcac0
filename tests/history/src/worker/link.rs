//! The worker's end of the referee's socket.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};

use super::Assignment;
use crate::frame::{Answer, Beat, FRAME, Phase, Said};

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Answer>>>>;

/// Questions to the referee, from any task. Without a referee the process ends.
#[derive(Debug)]
pub(super) struct Link {
    said: mpsc::UnboundedSender<Said>,
    waiting: Waiting,
    next: AtomicU64,
    phase: AtomicU64,
}

impl Link {
    pub(super) async fn to(assignment: &Assignment) -> Self {
        let Ok(stream) = UnixStream::connect(&assignment.socket).await else {
            std::process::exit(3);
        };
        let (from, to) = stream.into_split();
        let waiting = Waiting::default();
        let (said, queue) = mpsc::unbounded_channel();
        tokio::spawn(hear(from, Arc::clone(&waiting)));
        tokio::spawn(speak(to, queue));
        let link = Self {
            said,
            waiting,
            next: AtomicU64::new(0),
            phase: AtomicU64::new(0),
        };
        let Assignment {
            process,
            incarnation,
            ..
        } = *assignment;
        link.say(Said::Hello {
            process,
            incarnation,
        });
        link
    }

    /// Tells something that needs no answer.
    pub(super) fn say(&self, said: Said) {
        // Refused only while the process ends.
        let _ = self.said.send(said);
    }

    /// Asks at once; the answer can be waited for later.
    pub(super) fn ask(&self, question: impl FnOnce(u64) -> Said) -> impl Future<Output = Answer> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(id, sender);
        drop(waiting);
        self.say(question(id));
        async move {
            match answer.await {
                Ok(answer) => answer,
                // The process is about to end.
                Err(_) => std::future::pending().await,
            }
        }
    }

    pub(super) async fn load(&self, key: u32) -> u64 {
        self.ask(|id| Said::Load { id, key }).await.number
    }

    pub(super) async fn commit(&self, key: u32) -> u64 {
        self.ask(|id| Said::Commit { id, key }).await.number
    }

    pub(super) async fn beat(&self, beat: Beat) {
        let phase = self.ask(|id| Said::Beat { id, beat }).await.number;
        self.phase.store(phase, Ordering::Relaxed);
    }

    /// As of the last beat.
    pub(super) fn phase(&self) -> Phase {
        Phase::numbered(self.phase.load(Ordering::Relaxed))
    }
}

async fn speak(mut to: OwnedWriteHalf, mut queue: mpsc::UnboundedReceiver<Said>) {
    let (mut said, mut bytes) = (Vec::new(), Vec::new());
    while queue.recv_many(&mut said, 256).await > 0 {
        for said in said.drain(..) {
            said.write(&mut bytes);
        }
        if to.write_all(&bytes).await.is_err() {
            std::process::exit(3);
        }
        bytes.clear();
    }
}

async fn hear(mut from: OwnedReadHalf, waiting: Waiting) {
    let mut heard = Vec::new();
    while let Ok(1..) = from.read_buf(&mut heard).await {
        let (frames, _) = heard.as_chunks::<FRAME>();
        let answers: Vec<_> = frames.iter().map(Answer::read).collect();
        heard.drain(..answers.len() * FRAME);
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for answer in answers {
            if let Some(sender) = waiting.remove(&answer.id) {
                // Nobody waits any more: a dropped call.
                let _ = sender.send(answer);
            }
        }
    }
    std::process::exit(3);
}
