//! Asks a server how it is set up, and says what does not fit a cache, or the functions of the examples' repositories.
//!
//! ```text
//! cargo run --example doctor -- redis://127.0.0.1:6379
//! cargo run --example doctor -- redis-cluster://10.0.0.1:6379,10.0.0.2 --namespace shop --json
//! ```
//!
//! Without a URL it takes `REDIS_URL`, and without that `memory://`. It fails if it finds more than notes, so a deployment can ask it. A
//! program of your own that calls `cache.doctor()` has your functions in place of these.

use std::error::Error;
use std::process::ExitCode;

use cached_redis_runtime::Cache;
use cached_redis_runtime::doctor::Severity;

// None of the repositories is used here. This is what links them.
use cached_redis_examples as _;

const HELP: &str = "usage: cargo run --example doctor -- [URL] [--namespace NAME] [--json]";

struct Arguments {
    url: String,
    namespace: Option<String>,
    json: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(arguments) = Arguments::read(std::env::args().skip(1)) else {
        eprintln!("{HELP}");
        return Ok(ExitCode::from(2));
    };
    let mut builder = Cache::builder(arguments.url);
    if let Some(namespace) = arguments.namespace {
        builder = builder.namespace(namespace);
    }
    let report = builder.connect().await?.doctor().await;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    let is_well = report.worst() < Some(Severity::Warning);
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = String>) -> Option<Self> {
        let (mut url, mut namespace, mut json) = (None, None, false);
        while let Some(argument) = given.next() {
            match argument.as_str() {
                "--json" => json = true,
                "--namespace" => namespace = Some(given.next()?),
                text if !text.starts_with('-') && url.is_none() => url = Some(argument),
                _ => return None,
            }
        }
        let url = url.or_else(|| std::env::var("REDIS_URL").ok());
        Some(Self {
            url: url.unwrap_or_else(|| "memory://".to_owned()),
            namespace,
            json,
        })
    }
}
