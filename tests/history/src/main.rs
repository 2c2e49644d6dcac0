//! Readers and writers in several processes, on a real server behind proxies that misbehave.
//!
//! Every read that began after an invalidating write had returned must be at least as new as that write; [`checker`]
//! says exactly what is held against the cache and what is not. A run is one parent and some workers:
//!
//! - The parent holds the source of truth, judges what the workers report ([`referee`], [`checker`]), starts the server,
//!   one [`proxy`] per process, and makes things go wrong ([`faults`], [`chaos`]). With `--cluster` the server is three
//!   primaries and their replicas ([`shards`]), without proxies: their addresses come from the nodes themselves.
//! - A [`worker`] is this program again, so that it can be stopped and killed. Its tasks read and write through annotated
//!   functions on one cache.
//!
//! One seed decides which calls each task makes, how the source behaves in each and which faults happen when. How the
//! threads, processes and the network interleave is not decided by it, so a run with the same seed is a similar run, not
//! the same one: what a violation's report shows is what there is to know.

mod arguments;
mod call;
mod chaos;
mod checker;
mod deletions;
mod doubts;
mod faults;
mod fleet;
mod frame;
mod one_server;
mod past;
mod proxy;
mod random;
mod referee;
mod report;
mod scene;
mod session;
mod shards;
mod worker;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use cached_redis_tests::{ScratchDir, Stopwatch, pause};

use self::arguments::{Arguments, USAGE};
use self::chaos::{Chaos, Record};
use self::faults::{Schedule, Target};
use self::fleet::Place;
use self::frame::Phase;
use self::one_server::OneServer;
use self::referee::Referee;
use self::report::Progress;
use self::scene::{Scene, Stage};
use self::shards::Shards;
use self::worker::Assignment;

/// So many violations are enough.
const ENOUGH: u64 = 20;
/// Late bytes, reconnects and lost deletions need no longer once nothing goes wrong any more.
const REST: u64 = 4;
/// On a machine that is busy with other things they may.
const LONGEST_REST: u64 = 30;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if_eq(worker::ROLE).is_some() {
        return match Assignment::from_args(args) {
            Some(assignment) => run(worker::work(assignment)),
            None => ExitCode::from(2),
        };
    }
    match Arguments::parse(args) {
        Ok(arguments) => run(check(arguments)),
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run<T>(part: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build();
    runtime.expect("threads").block_on(part)
}

async fn check(arguments: Arguments) -> ExitCode {
    println!("{arguments}");
    let clock = Stopwatch::start();
    let (referee, record) = (Referee::new(&arguments, clock), Record::new(clock));
    let scratch = ScratchDir::new("cr-history");
    let scene = Arc::new(scene(&arguments, &referee, &scratch).await);
    let mut progress = Progress::new();

    let chaos = Chaos::begin(&scene, schedules(&arguments), &record);
    watch(&scene, &referee, &record, &mut progress, arguments.seconds).await;
    chaos.end().await;
    referee.enter(Phase::Rest);
    watch(&scene, &referee, &record, &mut progress, REST).await;
    for _ in REST..LONGEST_REST {
        if referee.unsettled().is_empty() {
            break;
        }
        watch(&scene, &referee, &record, &mut progress, 1).await;
    }
    for (who, pending) in referee.unsettled() {
        referee.trouble(format!("{who} has {pending} deletions left"));
    }
    referee.enter(Phase::End);
    if let Some(scene) = Arc::into_inner(scene) {
        for place in scene.places {
            place.end().await;
        }
    }
    progress.end();
    referee.all_known();
    report::show_violations(&referee, &record);
    print!("{}", report::summary(&referee.tally(), &record, &progress));
    verdict(&referee)
}

async fn scene(arguments: &Arguments, referee: &Referee, scratch: &ScratchDir) -> Scene {
    let socket = scratch.path().join("referee");
    referee.listen(&socket).expect("a unix socket");
    let stage = stage(arguments, referee).await;
    let mut places = Vec::new();
    for process in 0..arguments.processes {
        let assignment = Assignment {
            socket: socket.clone(),
            url: stage.url(process),
            process: process as u64,
            incarnation: 0,
            seed: arguments.seed,
            readers: arguments.readers,
            writers: arguments.writers,
            keys: arguments.keys,
            guarded: arguments.guarded,
            wait: arguments.wait,
            naive: arguments.naive,
        };
        places.push(Place::start(assignment, referee.clone()).expect("this program"));
    }
    Scene { stage, places }
}

async fn stage(arguments: &Arguments, referee: &Referee) -> Stage {
    let Arguments {
        seed,
        processes,
        keys,
        ..
    } = *arguments;
    if !arguments.cluster {
        let server = OneServer::start(seed, processes).await;
        return Stage::Server(server.expect("free ports"));
    }
    let referee = referee.clone();
    let shards = tokio::task::spawn_blocking(move || Shards::start(keys, &referee)).await;
    Stage::Cluster(shards.expect("a cluster"))
}

fn schedules(arguments: &Arguments) -> Vec<Schedule> {
    let mut targets = if arguments.cluster {
        vec![Target::Shard, Target::Connections]
    } else {
        vec![Target::Server]
    };
    for process in 0..arguments.processes {
        if !arguments.cluster {
            targets.push(Target::Network(process));
        }
        targets.push(Target::Process(process));
    }
    let schedule = |target| Schedule::new(arguments.seed, target, &arguments.faults);
    targets.into_iter().map(schedule).collect()
}

/// Lets the run go on for so many seconds, or until enough has been found.
async fn watch(
    scene: &Scene,
    referee: &Referee,
    record: &Record,
    progress: &mut Progress,
    seconds: u64,
) {
    for _ in 0..seconds {
        pause(Duration::from_secs(1)).await;
        let memory: Vec<_> = scene.places.iter().map(Place::resident_kib).collect();
        progress.show(referee, record, &memory);
        report::show_violations(referee, record);
        if referee.found() >= ENOUGH {
            return;
        }
    }
}

fn verdict(referee: &Referee) -> ExitCode {
    let (found, troubles) = (referee.found(), referee.troubles());
    for trouble in &troubles {
        println!("TROUBLE: {trouble}");
    }
    println!("{found} violations, {} troubles", troubles.len());
    if found == 0 && troubles.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
