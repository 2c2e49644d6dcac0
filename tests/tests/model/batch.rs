//! Calls for two keys, as `engine/batch` has them: who may wait for whom.
//!
//! Versions play no part: each key is filled under its own lease as for a single call. What is new is that one call may
//! hold one lease and want another.

use core::fmt;

use crate::properties::Property;
use crate::search::{Model, Move, search};

const KEYS: usize = 2;
const CALLS: usize = 4;

/// How a call that needs several keys gets its leases.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claims {
    /// It waits for the first missing key only; what it cannot claim after that, it loads and does not store.
    FirstDecides,
    /// It waits for each.
    WaitForEach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Entry {
    Missing,
    /// Of the call with this number.
    Lease(usize),
    Value,
}

/// What one call knows of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    /// Not one of its keys.
    Unwanted,
    Wanted,
    /// It holds the lease.
    Held,
    /// To be loaded, and not stored.
    Along,
    Answered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Call {
    places: [Place; KEYS],
    /// The lease it waits for: the key, and whose.
    waits: Option<(usize, usize)>,
    is_over: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Server {
    keys: [Entry; KEYS],
    calls: [Call; CALLS],
    drops: u8,
    deletions: u8,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a: {:?}, b: {:?}", self.keys[0], self.keys[1])
    }
}

struct Batches {
    claims: Claims,
    /// The keys of each call in the order in which it looks at them.
    calls: [&'static [usize]; CALLS],
    drops: u8,
    deletions: u8,
}

type Next = Move<Server, String>;

fn step(from: &Server, label: String, change: impl FnOnce(&mut Server)) -> Next {
    let mut to = from.clone();
    change(&mut to);
    Move {
        label,
        to,
        fault: false,
    }
}

impl Server {
    /// Looks at a key that the call wants, and claims it if it is free.
    fn look(&mut self, call: usize, key: usize, may_wait: bool) {
        match self.keys[key] {
            Entry::Missing => {
                self.keys[key] = Entry::Lease(call);
                self.calls[call].places[key] = Place::Held;
            }
            Entry::Value => self.calls[call].places[key] = Place::Answered,
            Entry::Lease(owner) if may_wait => self.calls[call].waits = Some((key, owner)),
            Entry::Lease(_) => self.calls[call].places[key] = Place::Along,
        }
    }

    fn leave(&mut self, call: usize, entry: Entry) {
        for key in &mut self.keys {
            if *key == Entry::Lease(call) {
                *key = entry;
            }
        }
        self.calls[call].is_over = true;
        self.calls[call].waits = None;
    }
}

impl Batches {
    fn next(&self, server: &Server, number: usize) -> Next {
        let call = &server.calls[number];
        let mut wanted = self.calls[number].iter().copied();
        let Some(key) = wanted.find(|&key| call.places[key] == Place::Wanted) else {
            return step(
                server,
                format!("{number} loads, fills, returns"),
                |server| {
                    server.leave(number, Entry::Value);
                },
            );
        };
        let leads = call.places.contains(&Place::Held);
        let may_wait = !leads || self.claims == Claims::WaitForEach;
        step(server, format!("{number} looks at key {key}"), |server| {
            server.look(number, key, may_wait);
        })
    }
}

impl Model for Batches {
    type State = Server;
    type Label = String;

    fn start(&self) -> Server {
        let call = |keys: &[usize]| Call {
            places: [0, 1].map(|key| {
                if keys.contains(&key) {
                    Place::Wanted
                } else {
                    Place::Unwanted
                }
            }),
            waits: None,
            is_over: keys.is_empty(),
        };
        Server {
            keys: [Entry::Missing; KEYS],
            calls: self.calls.map(call),
            drops: self.drops,
            deletions: self.deletions,
        }
    }

    fn moves(&self, server: &Server) -> Vec<Next> {
        let mut moves = Vec::new();
        for (number, call) in server.calls.iter().enumerate() {
            match call.waits {
                _ if call.is_over => continue,
                // It polls, and sees what it has seen.
                Some((key, owner)) if server.keys[key] == Entry::Lease(owner) => {}
                Some((key, _)) => {
                    let label = format!("{number} sees that key {key} has changed");
                    moves.push(step(server, label, |server| {
                        server.calls[number].waits = None;
                    }));
                }
                None => moves.push(self.next(server, number)),
            }
            if server.drops > 0 {
                let mut one = step(server, format!("{number} is dropped"), |server| {
                    server.drops -= 1;
                    server.leave(number, Entry::Missing);
                });
                one.fault = true;
                moves.push(one);
            }
        }
        for key in 0..KEYS {
            if server.deletions > 0 && server.keys[key] != Entry::Missing {
                let mut one = step(server, format!("key {key} is deleted"), |server| {
                    server.deletions -= 1;
                    server.keys[key] = Entry::Missing;
                });
                one.fault = true;
                moves.push(one);
            }
        }
        moves
    }

    fn canonical(&self, server: Server) -> Server {
        server
    }

    fn breaks(&self, server: &Server, property: Property) -> bool {
        let mut calls = server.calls.iter();
        property == Property::WaitsEmptyHanded
            && calls.any(|call| call.waits.is_some() && call.places.contains(&Place::Held))
    }

    fn is_over(&self, server: &Server) -> bool {
        server.calls.iter().all(|call| call.is_over)
    }
}

/// Two batches that name their keys in different orders, and one call for each key.
const OPPOSITE: [&[usize]; CALLS] = [&[0, 1], &[1, 0], &[0], &[1]];

#[test]
fn nobody_waits_while_he_holds_a_lease() {
    // That the smallest key decides saves work; it is not what keeps them from waiting for each other.
    for calls in [[&[0, 1][..], &[0, 1], &[0], &[1]], OPPOSITE] {
        let batches = Batches {
            claims: Claims::FirstDecides,
            calls,
            drops: 1,
            deletions: 2,
        };
        let found = search(&batches, &[Property::WaitsEmptyHanded, Property::Progress]);
        println!("{} states", found.states);
        if let Some(broken) = found.broken {
            panic!("{broken}");
        }
    }
}

#[test]
fn batches_that_wait_for_each_key_wait_for_each_other() {
    let batches = Batches {
        claims: Claims::WaitForEach,
        calls: OPPOSITE,
        drops: 0,
        deletions: 0,
    };
    for property in [Property::WaitsEmptyHanded, Property::Progress] {
        let broken = search(&batches, &[property]).broken;
        let broken = broken.expect("they wait for each other");
        assert_eq!(broken.property, property);
        println!("{broken}");
    }
}
