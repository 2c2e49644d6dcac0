//! The repository of the quickstart behind axum, ready to run twice on one Redis, with a look at what the cache does.
//!
//! ```text
//! PORT=8001 REDIS_URL=redis://127.0.0.1:6379 cargo run --example service
//! PORT=8002 REDIS_URL=redis://127.0.0.1:6379 cargo run --example service
//! ```
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `PORT` | where it listens, on 127.0.0.1 | `8000` |
//! | `REDIS_URL` | the cache | `memory://`, this process alone |
//! | `DATABASE_URL` | the shop's database | a file in the system's temporary directory |
//!
//! The shop's answers say in `x-cache` how they were served and in `x-database-queries` how many queries this instance has
//! made. `/cache` is a page about the cache, `/metrics` the same for Prometheus.

use std::error::Error;
use std::net::Ipv4Addr;

use cached_redis_examples::database::Database;
use cached_redis_examples::{monitoring, shop};
use cached_redis_runtime::Cache;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let database = Database::open(&env_or("DATABASE_URL", || {
        let file = std::env::temp_dir().join("cached-redis-shop.db");
        format!("sqlite://{}?mode=rwc", file.display())
    }))
    .await?;
    // Before the cache, so that it records from the first call on.
    let prometheus = monitoring::install()?;
    // A server that is down now is no error: the functions run uncached until it answers.
    let cache = Cache::connect(&env_or("REDIS_URL", || "memory://".to_owned())).await?;
    cache.install()?;

    let app = shop::routes(&database).merge(monitoring::routes(cache, prometheus));
    let port = env_or("PORT", || "8000".to_owned()).parse()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    println!("http://{address}/products");
    println!("http://{address}/cache");
    axum::serve(listener, app)
        .with_graceful_shutdown(asked_to_stop())
        .await?;
    database.pool.close().await;
    Ok(())
}

/// Ends with Ctrl-C, or with the signal that service managers send.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the process is simply ended, which is right as well.
    let _ = tokio::signal::ctrl_c().await;
}

fn env_or(name: &str, default: impl FnOnce() -> String) -> String {
    std::env::var(name).unwrap_or_else(|_| default())
}
