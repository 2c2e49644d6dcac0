//! The task that keeps an endpoint connected.

use core::time::Duration;

use tokio::sync::Notify;

use super::connect::{ATTEMPT, Connected, Endpoint};
use super::link::{Link, until_dead};
use crate::clock;
use crate::observe::warn;
use crate::sync::{Arc, Weak, spread_between};

/// Between two attempts, in milliseconds: doubled each time, and spread by up to a half.
const FIRST_PAUSE: u64 = 10;
const LONGEST_PAUSE: u64 = 1000;

/// Connects, waits until the connection is dead, and connects again.
///
/// It holds the endpoint weakly between steps, so that the last handle's drop ends it.
pub(super) async fn supervise(
    endpoint: Weak<Endpoint>,
    link: Weak<Link<Connected>>,
    bell: Arc<Notify>,
) {
    let mut pause = FIRST_PAUSE;
    let mut warned = false;
    loop {
        let attempt = match endpoint.upgrade() {
            Some(endpoint) => endpoint.attempt().await,
            None => return,
        };
        match attempt {
            Ok(()) => {
                warned = false;
                let published = clock::now();
                until_dead(&link, &bell).await;
                // A server that accepts and hangs up at once is not to be asked in a loop.
                if clock::now() - published > ATTEMPT {
                    pause = FIRST_PAUSE;
                    continue;
                }
            }
            Err(error) if !warned => {
                warned = true;
                if let Some(endpoint) = endpoint.upgrade() {
                    let address = endpoint.address();
                    warn(format_args!(
                        "{address} cannot be used ({error}): functions run uncached, reconnecting"
                    ));
                }
            }
            Err(_) => {}
        }
        clock::sleep(Duration::from_millis(spread_between(pause / 2, pause))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
