//! Load on a cache, from several processes: how many calls, how many hits, how long they take.
//!
//! ```text
//! cargo run --release --example load
//! cargo run --release --example load -- redis://127.0.0.1:6379 --processes 4 --keys 1000000
//! cargo run --release --example load -- --help
//! ```
//!
//! Keys are drawn by Zipf's law, as people draw them: a few very often, most of them hardly ever. A line per second shows how
//! it goes, and the last line of the output is the result as JSON. `docs/scaling.md` has been measured with it.

mod arguments;
mod report;
mod worker;

use std::error::Error;
use std::process::{ExitCode, Stdio};

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use self::arguments::{Arguments, USAGE};
use self::report::{Second, Total};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Set for the processes that make the calls: which of them this one is.
const WORKER: &str = "CACHED_REDIS_LOAD_WORKER";

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let arguments = match Arguments::parse(&words) {
        Ok(arguments) => arguments,
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match std::env::var(WORKER)
        .ok()
        .and_then(|number| number.parse().ok())
    {
        Some(number) => worker::work(&arguments, number).await,
        None => oversee(&arguments, &words).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the processes, and adds up what they report every second.
async fn oversee(arguments: &Arguments, words: &[String]) -> Outcome {
    let (seconds, mut heard) = mpsc::unbounded_channel();
    let mut children = Vec::new();
    for number in 0..arguments.processes {
        let mut child = spawn(number, words)?;
        let lines = BufReader::new(child.stdout.take().ok_or("a child without output")?).lines();
        tokio::spawn(listen(lines, seconds.clone()));
        children.push(child);
    }
    drop(seconds);
    let mut total = Total::new(arguments)?;
    while let Some(second) = heard.recv().await {
        total.add(&second);
    }
    for child in &mut children {
        let status = child.wait().await?;
        if !status.success() {
            return Err(format!("a process did not end well: {status}").into());
        }
    }
    println!("{}", total.summary());
    println!("{}", total.json());
    Ok(())
}

fn spawn(number: u64, words: &[String]) -> Outcome<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(words).env(WORKER, number.to_string());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    Ok(command.spawn()?)
}

async fn listen(
    mut lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    seconds: mpsc::UnboundedSender<Second>,
) {
    while let Ok(Some(line)) = lines.next_line().await {
        if let Ok(second) = serde_json::from_str(&line) {
            // Nobody listens any more: the run has failed.
            let _ = seconds.send(second);
        }
    }
}
