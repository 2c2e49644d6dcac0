//! All keys of the examples' repositories: who reads them, how long they live, who clears them.
//!
//! ```text
//! cargo run --example catalogue
//! cargo run --example catalogue -- --json > examples/keys.json
//! ```
//!
//! Fails if the keys do not fit each other. The JSON has a stable order, so that two releases can be compared.

use std::error::Error;

use cached_redis_runtime::catalogue;

// None of the repositories is used here. This is what links them.
use cached_redis_examples as _;

fn main() -> Result<(), Box<dyn Error>> {
    let catalogue = catalogue();
    if std::env::args().any(|arg| arg == "--json") {
        println!("{}", serde_json::to_string_pretty(&catalogue)?);
    } else {
        println!("{catalogue}");
    }
    Ok(catalogue.check()?)
}
