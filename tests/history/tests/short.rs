//! Short runs of the history checker: what it says of cached-redis, and that it finds what it is there for.

use std::process::{Command, Output};

fn history(args: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_history"));
    program.args(args.split_whitespace());
    program.output().expect("the program of this package")
}

fn text(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    format!("{}{errors}", String::from_utf8_lossy(&output.stdout))
}

#[test]
fn no_read_is_older_than_a_write_that_had_returned() {
    let run = history("--seconds 14 --seed 7 --processes 3 --readers 6 --writers 2 --keys 20");
    assert!(run.status.success(), "{}", text(&run));
}

#[test]
fn on_a_cluster_only_what_a_failover_has_lost_is_older() {
    let run =
        history("--cluster --seconds 18 --seed 36 --processes 3 --readers 6 --writers 2 --keys 60");
    let text = text(&run);
    assert!(run.status.success(), "{text}");
    assert!(text.contains("kill-primary "), "{text}");
}

#[test]
fn a_failover_brings_back_nothing_that_its_replica_had_confirmed() {
    let run = "--cluster --wait --seconds 18 --processes 3 --readers 6 --writers 2 --keys 60";
    let kills = history(&format!("{run} --seed 36"));
    let text = text(&kills);
    assert!(kills.status.success(), "{text}");
    assert!(text.contains("kill-primary "), "{text}");
}

#[test]
fn a_failover_in_order_brings_back_nothing() {
    let run = "--cluster --wait --seconds 18 --processes 3 --readers 6 --writers 2 --keys 60";
    let orderly = history(&format!(
        "{run} --seed 36 --faults failover,reshard,cut,kill,pause"
    ));
    let text = text(&orderly);
    assert!(orderly.status.success(), "{text}");
    assert!(text.contains("failover "), "{text}");
    let none = "reads of what they brought back 0,";
    assert!(text.contains(none), "{text}");
}

#[test]
fn a_guarded_write_whose_process_was_killed_is_seen_after_the_lease() {
    let run = history("--guarded --seconds 14 --seed 7 --processes 4");
    assert!(run.status.success(), "{}", text(&run));
}

#[test]
fn cache_aside_by_hand_is_found_out() {
    let run = history("--naive --seconds 30 --seed 7 --faults none");
    let text = text(&run);
    assert_eq!(run.status.code(), Some(1), "{text}");
    assert!(text.contains(" saw v"), "{text}");
    assert!(text.contains("0 troubles"), "{text}");
}
