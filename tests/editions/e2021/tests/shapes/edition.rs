//! What edition 2021 brought, and what it did not take away yet.

use std::future::Future;

use cached_redis_runtime::{cache_aside, cache_invalidate};

use crate::gallery::body;

struct Counter {
    hits: u64,
    name: String,
}

impl Counter {
    #[cache_aside(key = "named-lifetime:<id>", ttl = 60)]
    fn named_lifetime(&self, id: u64) -> impl Future<Output = u64> + Send + '_ {
        async move {
            body();
            self.hits + id
        }
    }

    /// A closure captures the field that it names.
    #[cache_aside(key = "part-capture:<id>", ttl = 60)]
    async fn part_capture(&mut self, id: u64) -> usize {
        body();
        let mut add = || self.hits += id;
        let len = self.name.len();
        add();
        len
    }

    #[cache_invalidate(key = "part-capture:<id>")]
    async fn write(&mut self, id: i64) {
        body();
        self.hits = u64::try_from(id).unwrap_or(0);
    }
}

#[cache_aside(key = "later-keyword:<gen>", ttl = 60)]
async fn later_keyword(gen: u64) -> Vec<u64> {
    body();
    [gen, 1].into_iter().collect()
}

#[derive(Debug)]
struct Bounds {
    low: u64,
    high: u64,
}

/// A parameter taken apart by a closure, and a format string that captures.
#[cache_aside(key = "captures:<bounds.low>:<bounds.high>", ttl = 60)]
async fn captures(bounds: Bounds) -> Result<String, String> {
    body();
    let Bounds { low, .. } = bounds;
    let high = move || bounds.high;
    let Ok(low) = u32::try_from(low) else {
        return Err(format!("{bounds:?}"));
    };
    Ok(format!("{low}..{}", high()))
}

const fn counter() -> Counter {
    Counter {
        hits: 1,
        name: String::new(),
    }
}

shapes! {
    named_lifetime { let counter = counter(); hit!(counter.named_lifetime(1)); }
    part_capture { hit!(counter().part_capture(1)); }
    write { invalidates!(counter().write(1), counter().part_capture(1)); }
    later_keyword { hit!(later_keyword(1)); }
    captures { hit!(captures(Bounds { low: 1, high: 2 })).unwrap(); }
}
