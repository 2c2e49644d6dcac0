//! What only edition 2018 reads this way.

use std::convert::TryFrom;
use std::future::Future;

use cached_redis_runtime::{cache_aside, cache_invalidate};

use crate::gallery::body;

struct Counter {
    hits: u64,
    name: String,
}

impl Counter {
    /// An opaque type captures only the lifetimes that it names.
    #[cache_aside(key = "named-lifetime:<id>", ttl = 60)]
    fn named_lifetime(&self, id: u64) -> impl Future<Output = u64> + Send + '_ {
        async move {
            body();
            self.hits + id
        }
    }

    /// A closure captures the whole of `self`, not the field that it names.
    #[cache_aside(key = "whole-capture:<id>", ttl = 60)]
    async fn whole_capture(&mut self, id: u64) -> u64 {
        body();
        let mut add = || self.hits += id;
        add();
        self.hits + self.name.len() as u64
    }

    #[cache_invalidate(key = "whole-capture:<id>")]
    async fn write(&mut self, id: i64) {
        body();
        self.hits = u64::try_from(id).unwrap_or(0);
    }
}

/// `gen` became a keyword later, and arrays became iterators of values.
#[cache_aside(key = "later-keyword:<gen>", ttl = 60)]
async fn later_keyword(gen: u64) -> Vec<u64> {
    body();
    let sum = [gen, 1].iter().copied().sum();
    vec![sum]
}

macro_rules! prefixed {
    ($first:ident $second:literal) => {
        concat!(stringify!($first), $second)
    };
}

/// A name right before a text is two tokens.
#[cache_aside(key = "tokens:<id>", ttl = 60)]
async fn tokens(id: u64) -> String {
    body();
    format!("{}{}", prefixed!(a"b"), id)
}

#[allow(
    non_fmt_panics,
    clippy::manual_assert,
    reason = "what this edition allows"
)]
#[cache_aside(key = "panic:<id>", ttl = 60)]
async fn panic_with_a_value(id: u64) -> u64 {
    body();
    if id == 0 {
        panic!(id);
    }
    id
}

const fn counter() -> Counter {
    Counter {
        hits: 1,
        name: String::new(),
    }
}

shapes! {
    named_lifetime { let counter = counter(); hit!(counter.named_lifetime(1)); }
    whole_capture { hit!(counter().whole_capture(1)); }
    write { invalidates!(counter().write(1), counter().whole_capture(1)); }
    later_keyword { hit!(later_keyword(1)); }
    tokens { assert_eq!(hit!(tokens(1)), "ab1"); }
    panic_with_a_value { hit!(panic_with_a_value(1)); }
}
