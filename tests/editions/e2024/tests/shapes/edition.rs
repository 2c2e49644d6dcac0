//! What edition 2024 brought.

use std::borrow::Cow;

use cached_redis_runtime::{cache_aside, cache_invalidate};

use crate::gallery::body;

struct Counter {
    hits: u64,
}

impl Counter {
    /// An opaque type captures every lifetime in scope, and `Future` needs no import.
    #[cache_aside(key = "captures-all:<id>", ttl = 60)]
    fn captures_all(&self, id: &str) -> impl Future<Output = usize> + Send {
        async move {
            body();
            id.len() + usize::try_from(self.hits).unwrap_or(0)
        }
    }

    /// One that captures nothing outlives its receiver.
    #[cache_aside(key = "captures-nothing:<self.hits>", ttl = 60)]
    fn captures_nothing(self: Box<Self>) -> impl Future<Output = u64> + Send + use<> {
        async move {
            body();
            self.hits
        }
    }

    #[cache_aside(key = "captures-some:<id>", ttl = 60)]
    fn captures_some<'a>(
        &'a self,
        id: &'a str,
    ) -> impl Future<Output = Option<usize>> + Send + use<'a> {
        async move {
            body();
            Some(self.hits.to_string().len() + id.len())
        }
    }

    #[cache_invalidate(key = "captures-all:<id>")]
    fn write(&mut self, id: &str) -> impl Future<Output = ()> + Send {
        async move {
            body();
            self.hits = id.len() as u64;
        }
    }
}

#[cache_aside(key = "raw:<gen>:<self_>", ttl = 60)]
async fn raw_keyword(r#gen: u64, self_: u64) -> u64 {
    body();
    r#gen + self_
}

#[cache_aside(key = "chain:<id>", ttl = 60)]
async fn chain(id: Option<&str>) -> Result<u64, std::num::ParseIntError> {
    body();
    if let Some(text) = id
        && let Some(digits) = text.strip_prefix('#')
        && !digits.is_empty()
    {
        return digits.parse();
    }
    Ok(0)
}

/// A temporary in the tail is dropped before the locals that it borrows.
#[cache_aside(key = "tail:<name>", ttl = 60)]
async fn tail(name: Cow<'_, str>) -> usize {
    body();
    let cell = std::cell::RefCell::new(name.into_owned());
    cell.borrow().len()
}

/// An async closure, which the cache has no business with.
#[cache_aside(key = "closure:<id>", ttl = 60, skip(load))]
async fn closure(id: u64, load: impl AsyncFn(u64) -> u64) -> u64 {
    body();
    load(id).await + load(id).await
}

const fn counter() -> Counter {
    Counter { hits: 1 }
}

shapes! {
    captures_all { let counter = counter(); hit!(counter.captures_all("a")); }
    captures_nothing { hit!(Box::new(counter()).captures_nothing()); }
    captures_some { let counter = counter(); hit!(counter.captures_some("a")); }
    write { let counter = counter(); invalidates!(Counter { hits: 2 }.write("a"), counter.captures_all("a")); }
    raw_keyword { hit!(raw_keyword(1, 2)); }
    chain { apart!(chain(Some("#7")), chain(None)); }
    tail { hit!(tail("a".into())); }
    closure { local_hit!(closure(1, async |id| id)); }
}
