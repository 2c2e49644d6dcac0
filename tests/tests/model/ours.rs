//! The runtime's own decisions: nothing wrong can be reached.

use crate::properties::Property;
use crate::rules::{Caller, Faults, P0, P1, REFRESH, Rules, Setup, UNLOCKED, ZERO};
use crate::search::search;

const ALL: [Property; 6] = [
    Property::NothingStaleAtRest,
    Property::NoStaleAnswer,
    Property::OneLoad,
    Property::Progress,
    Property::NoForgottenLease,
    Property::NothingUnwanted,
];

const NO_FAULTS: Faults = Faults {
    expiries: 0,
    flushes: 0,
    mishaps: 0,
    lost_replies: 0,
    crashes: 0,
};

/// Three callers, two of them in one process, and a cold key.
const SETUP: Setup = Setup {
    rules: Rules::OURS,
    readers: &[P0, P0, P1],
    writers: 2,
    warm: false,
    faults: NO_FAULTS,
};

fn holds(setup: &Setup) {
    let found = search(setup, &ALL);
    println!("{} states", found.states);
    if let Some(broken) = found.broken {
        panic!("{broken}");
    }
}

#[test]
fn two_writers_two_expiries_and_a_flush() {
    holds(&Setup {
        faults: Faults {
            expiries: 2,
            flushes: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

#[test]
fn a_caller_is_dropped_or_fails() {
    holds(&Setup {
        writers: 1,
        faults: Faults {
            expiries: 1,
            mishaps: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

#[test]
fn replies_are_lost() {
    holds(&Setup {
        writers: 1,
        faults: Faults {
            expiries: 1,
            lost_replies: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

#[test]
fn a_process_crashes() {
    holds(&Setup {
        faults: Faults {
            crashes: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

#[test]
fn an_entry_is_replaced_while_it_is_written() {
    holds(&Setup {
        readers: &[P0, P1, REFRESH],
        warm: true,
        ..SETUP
    });
}

/// With a `lease` that is shorter than the body, whose renewals all fail.
#[test]
fn every_lease_expires_before_its_load_has_ended() {
    holds(&Setup {
        writers: 1,
        faults: Faults {
            expiries: 3,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

/// With `lock = false`: in the leader's process and in another one, beside one that waits.
#[test]
fn callers_that_wait_for_nobody() {
    let readers = &[
        P0,
        UNLOCKED,
        Caller {
            home: 1,
            ..UNLOCKED
        },
    ];
    holds(&Setup { readers, ..SETUP });
    holds(&Setup {
        readers,
        writers: 1,
        faults: Faults {
            expiries: 1,
            mishaps: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

/// With `ttl = |value| …`, where it is zero for some.
#[test]
fn some_values_are_not_to_be_stored() {
    let readers = &[P0, ZERO, Caller { home: 1, ..ZERO }];
    holds(&Setup { readers, ..SETUP });
    holds(&Setup {
        readers,
        writers: 1,
        faults: Faults {
            expiries: 1,
            mishaps: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

#[test]
fn an_entry_is_replaced_by_a_value_that_is_not_to_be_stored() {
    const ZERO_REFRESH: Caller = Caller {
        keeps: false,
        ..REFRESH
    };
    holds(&Setup {
        readers: &[P0, P1, ZERO_REFRESH],
        warm: true,
        ..SETUP
    });
    for rules in [Rules::THROUGH, Rules::GUARDED] {
        holds(&Setup {
            rules,
            readers: &[P0, ZERO_REFRESH],
            warm: true,
            ..SETUP
        });
    }
}

/// With `before`.
#[test]
fn two_writers_in_a_guard_that_is_lost() {
    holds(&Setup {
        rules: Rules::GUARDED,
        readers: &[P0, P1],
        warm: true,
        faults: Faults {
            expiries: 1,
            flushes: 1,
            lost_replies: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

#[test]
fn a_writer_in_a_guard_crashes_after_its_commit() {
    holds(&Setup {
        rules: Rules::GUARDED,
        readers: &[P0, P1, REFRESH],
        warm: true,
        faults: Faults {
            crashes: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

#[test]
#[ignore = "a million states and more: half a minute"]
fn four_callers_and_a_lost_reply() {
    holds(&Setup {
        readers: &[P0, P1, P1, P1],
        writers: 1,
        faults: Faults {
            expiries: 1,
            lost_replies: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

#[test]
#[ignore = "a million states and more: half a minute"]
fn two_writers_a_mishap_and_a_lost_reply() {
    holds(&Setup {
        faults: Faults {
            expiries: 1,
            mishaps: 1,
            lost_replies: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

/// With `#[write_through]`.
#[test]
fn two_writers_through_and_an_expiry() {
    holds(&Setup {
        rules: Rules::THROUGH,
        readers: &[P0, P1],
        warm: true,
        faults: Faults {
            expiries: 1,
            flushes: 1,
            ..NO_FAULTS
        },
        ..SETUP
    });
}

#[test]
fn a_writer_through_and_readers_that_load_and_replace() {
    holds(&Setup {
        rules: Rules::THROUGH,
        readers: &[P0, P0, REFRESH],
        warm: true,
        writers: 1,
        faults: Faults {
            expiries: 1,
            mishaps: 1,
            ..NO_FAULTS
        },
    });
}

#[test]
fn writers_through_do_not_learn_what_became_of_their_commands() {
    let lost = Faults {
        lost_replies: 1,
        mishaps: 1,
        ..NO_FAULTS
    };
    let properties = [
        Property::NothingStaleAtRest,
        Property::NoStaleAnswer,
        Property::OneLoad,
        Property::Progress,
    ];
    let setup = Setup {
        rules: Rules::THROUGH,
        readers: &[P0, P1],
        warm: true,
        faults: lost,
        ..SETUP
    };
    // A lease of which its writer does not know is left to the deletion after the write, or to the readers' patience.
    let found = search(&setup, &properties);
    println!("{} states", found.states);
    assert!(found.broken.is_none(), "{}", found.broken.unwrap());
}
