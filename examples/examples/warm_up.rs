//! Before the first customer comes: the products that sell best are loaded into the cache, eight at a time.
//!
//! ```text
//! cargo run --example warm_up
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example warm_up
//! ```
//!
//! In a terminal it shows a progress bar; elsewhere, as in a container's log, a line for each fifth of the work.

use std::error::Error;
use std::io::{IsTerminal as _, stderr};

use cached_redis_examples::database::{Database, ScratchDir};
use cached_redis_examples::products::{ProductId, Products};
use cached_redis_runtime::{Cache, Served, Warmed, inspect, warm};
use indicatif::{ProgressBar, ProgressStyle};

const PRODUCTS: i64 = 50;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = ScratchDir::new("cached-redis-warm-up")?;
    let url = format!("sqlite://{}?mode=rwc", dir.path().join("shop.db").display());
    let shop = Database::open(&url).await?;
    let redis = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://".to_owned());
    Cache::connect(redis).await?.install()?;
    let products = Products::new(shop.pool.clone());

    let display = Display::new()?;
    let ids = (1..=PRODUCTS).map(ProductId);
    let warmed = warm(ids.map(|id| products.find(id)))
        .concurrency(8)
        .progress(|now| display.show(now))
        .await;
    display.end();
    println!(
        "{} products are in the cache, {} are not",
        warmed.done, warmed.failed
    );

    let before = shop.queries().count();
    let (product, served) = inspect(products.find(ProductId(7))).await;
    let name = product?.map_or_else(String::new, |product| product.name);
    println!("the first customer wants {name}: a {served}");
    if served == Served::Hit && shop.queries().count() == before {
        Ok(())
    } else {
        Err("the first customer had to wait for the database".into())
    }
}

/// Where the progress is shown.
enum Display {
    Bar(ProgressBar),
    Log,
}

impl Display {
    fn new() -> Result<Self, Box<dyn Error>> {
        if !stderr().is_terminal() {
            return Ok(Self::Log);
        }
        let style =
            ProgressStyle::with_template("warming up {wide_bar} {pos} of {len}, {eta} left")?;
        Ok(Self::Bar(ProgressBar::no_length().with_style(style)))
    }

    fn show(&self, now: Warmed) {
        let ended = now.done + now.failed;
        match self {
            Self::Bar(bar) => {
                bar.set_length(now.total.unwrap_or(ended) as u64);
                bar.set_position(ended as u64);
            }
            Self::Log => {
                let step = now.total.unwrap_or_default().div_ceil(5).max(1);
                if ended.is_multiple_of(step) || now.remaining() == Some(0) {
                    eprintln!("warming up: {ended} of {}", now.total.unwrap_or(ended));
                }
            }
        }
    }

    fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
