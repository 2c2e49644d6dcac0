//! Decisions that others made, and that the search finds wrong.

use crate::properties::Property;
use crate::rules::{
    Caller, Delete, Faults, Fill, Join, Late, P0, P1, REFRESH, Release, Retry, Rules, Setup, Share,
    Token, Turn, UNLOCKED, Unlocked, ZERO, Zero,
};
use crate::search::search;

const SETUP: Setup = Setup {
    rules: Rules::OURS,
    readers: &[P0, P0],
    writers: 1,
    warm: false,
    faults: Faults {
        expiries: 0,
        flushes: 0,
        mishaps: 0,
        lost_replies: 0,
        crashes: 0,
    },
};

/// Finds the shortest way to break `property`, and nothing to break without the change of rules.
fn breaks(setup: &Setup, property: Property) {
    let found = search(setup, &[property]);
    let broken = found.broken.unwrap_or_else(|| {
        panic!("nothing wrong in {} states", found.states);
    });
    assert_eq!(broken.property, property);
    println!("{broken}");
    let ours = Setup {
        rules: Rules::OURS,
        ..*setup
    };
    if let Some(broken) = search(&ours, &[property]).broken {
        panic!("not because of the rule: {broken}");
    }
}

#[test]
fn storing_without_a_lease() {
    let rules = Rules {
        fill: Fill::Always,
        ..Rules::OURS
    };
    breaks(&Setup { rules, ..SETUP }, Property::NothingStaleAtRest);
}

#[test]
fn storing_without_a_lease_and_deleting_twice() {
    let rules = Rules {
        fill: Fill::Always,
        delete: Delete::Twice,
        ..Rules::OURS
    };
    breaks(&Setup { rules, ..SETUP }, Property::NothingStaleAtRest);
}

#[test]
fn a_token_per_process() {
    let rules = Rules {
        token: Token::PerProcess,
        ..Rules::OURS
    };
    let setup = Setup { rules, ..SETUP };
    breaks(&setup, Property::NothingStaleAtRest);
    breaks(&setup, Property::OneLoad);
}

#[test]
fn joining_whatever_loads_the_key() {
    let rules = Rules {
        join: Join::ByKey,
        ..Rules::OURS
    };
    breaks(&Setup { rules, ..SETUP }, Property::NoStaleAnswer);
}

#[test]
fn sharing_a_reply_with_those_who_came_after_its_command() {
    let rules = Rules {
        share: Share::AnyReply,
        ..Rules::OURS
    };
    let readers = &[P0, P0, P1];
    let setup = Setup {
        rules,
        readers,
        ..SETUP
    };
    breaks(&setup, Property::NoStaleAnswer);
}

#[test]
fn deleting_before_the_commit() {
    let rules = Rules {
        delete: Delete::BeforeCommit,
        ..Rules::OURS
    };
    breaks(&Setup { rules, ..SETUP }, Property::NoStaleAnswer);
}

/// Nothing is wrong before the other one has committed; should it end there, the old value would stay.
#[test]
fn leaving_a_guard_in_which_somebody_stands() {
    let rules = Rules {
        delete: Delete::GuardedAlone,
        ..Rules::OURS
    };
    let setup = Setup {
        rules,
        writers: 2,
        ..SETUP
    };
    breaks(&setup, Property::NothingStaleAtRest);
}

#[test]
fn replacing_an_entry_that_looks_the_same() {
    let rules = Rules {
        fill: Fill::IfContent,
        ..Rules::OURS
    };
    let setup = Setup {
        rules,
        readers: &[P0, REFRESH],
        writers: 2,
        warm: true,
        ..SETUP
    };
    breaks(&setup, Property::NothingStaleAtRest);
}

#[test]
fn a_turn_that_is_not_passed_on() {
    let rules = Rules {
        turn: Turn::Lost,
        ..Rules::OURS
    };
    let faults = Faults {
        mishaps: 1,
        ..SETUP.faults
    };
    let setup = Setup {
        rules,
        faults,
        ..SETUP
    };
    breaks(&setup, Property::Progress);
}

#[test]
fn a_lease_that_its_last_caller_leaves_behind() {
    let rules = Rules {
        release: Release::Never,
        ..Rules::OURS
    };
    let faults = Faults {
        mishaps: 1,
        ..SETUP.faults
    };
    let setup = Setup {
        rules,
        faults,
        ..SETUP
    };
    breaks(&setup, Property::NoForgottenLease);
}

/// Its owner is refused, as he must be, and who has waited for nobody stores what was there before.
#[test]
fn storing_although_another_has_the_lease() {
    let rules = Rules {
        unlocked: Unlocked::Stored,
        ..Rules::OURS
    };
    let setup = Setup {
        rules,
        readers: &[P0, UNLOCKED],
        ..SETUP
    };
    breaks(&setup, Property::NothingStaleAtRest);
}

#[test]
fn filling_the_lease_of_another() {
    let rules = Rules {
        unlocked: Unlocked::StoredForTheOwner,
        ..Rules::OURS
    };
    let setup = Setup {
        rules,
        readers: &[P0, UNLOCKED],
        ..SETUP
    };
    breaks(&setup, Property::OneLoad);
}

#[test]
fn storing_what_has_a_life_of_zero() {
    let rules = Rules {
        zero: Zero::Stored,
        ..Rules::OURS
    };
    let setup = Setup {
        rules,
        readers: &[P0, ZERO],
        ..SETUP
    };
    breaks(&setup, Property::NothingUnwanted);
}

/// Nobody loads the key until it has expired.
#[test]
fn leaving_the_lease_of_what_is_not_stored() {
    let rules = Rules {
        zero: Zero::LeaseLeft,
        ..Rules::OURS
    };
    let setup = Setup {
        rules,
        readers: &[P0, ZERO],
        ..SETUP
    };
    breaks(&setup, Property::NoForgottenLease);
}

/// Also a guard, under which somebody then stores what its writer is about to replace.
#[test]
fn deleting_whatever_stands_where_an_entry_was() {
    const ZERO_REFRESH: Caller = Caller {
        keeps: false,
        ..REFRESH
    };
    let rules = Rules {
        zero: Zero::DeletesAll,
        ..Rules::GUARDED
    };
    let setup = Setup {
        rules,
        readers: &[P0, ZERO_REFRESH],
        warm: true,
        ..SETUP
    };
    breaks(&setup, Property::NothingStaleAtRest);
}

/// Nothing stands there: it has expired, or was deleted.
#[test]
fn storing_where_the_lease_has_expired() {
    let rules = Rules {
        late: Late::StoresIfMissing,
        ..Rules::OURS
    };
    let faults = Faults {
        expiries: 1,
        ..SETUP.faults
    };
    let setup = Setup {
        rules,
        faults,
        ..SETUP
    };
    breaks(&setup, Property::NothingStaleAtRest);
}

/// A nonce that comes back: those who wait for its first coming poll for those who read its second.
#[test]
#[ignore = "a million states and more: half a minute"]
fn sending_a_claim_again_under_its_nonce() {
    let rules = Rules {
        retry: Retry::SameNonce,
        ..Rules::OURS
    };
    let faults = Faults {
        expiries: 1,
        lost_replies: 1,
        ..SETUP.faults
    };
    let setup = Setup {
        rules,
        readers: &[P0, P1, P1, P1],
        faults,
        ..SETUP
    };
    breaks(&setup, Property::NoStaleAnswer);
}

/// A write that was overtaken stores what the other has replaced.
#[test]
fn writing_through_whatever_the_key_holds() {
    let rules = Rules {
        delete: Delete::ThroughAlways,
        ..Rules::OURS
    };
    let setup = Setup {
        rules,
        writers: 2,
        ..SETUP
    };
    breaks(&setup, Property::NoStaleAnswer);
}

/// Of two at once the one whose lease is the last may have committed first.
#[test]
fn writing_through_and_leaving_the_key_when_the_lease_is_gone() {
    let rules = Rules {
        delete: Delete::ThroughAlone,
        ..Rules::OURS
    };
    let setup = Setup {
        rules,
        writers: 2,
        ..SETUP
    };
    breaks(&setup, Property::NoStaleAnswer);
}

/// A refresh that has read the lease may replace what is stored with its nonce.
#[test]
fn writing_through_with_the_nonce_of_the_lease() {
    let rules = Rules {
        delete: Delete::ThroughSameNonce,
        ..Rules::OURS
    };
    let setup = Setup {
        rules,
        readers: &[P0, REFRESH],
        ..SETUP
    };
    breaks(&setup, Property::NoStaleAnswer);
}
