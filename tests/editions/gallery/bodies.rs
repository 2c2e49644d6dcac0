//! What bodies do: leave early, loop, diverge, shadow every name in sight.

use std::collections::HashMap;
use std::convert::TryFrom;
use std::fmt::Debug;

use cached_redis_runtime::{Served, cache_aside, cache_invalidate, inspect};
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::{bodies, body};

#[derive(Debug, PartialEq)]
enum Failed {
    Empty,
    Parse,
}

impl From<std::num::ParseIntError> for Failed {
    fn from(_: std::num::ParseIntError) -> Self {
        Self::Parse
    }
}

#[cache_aside(key = "early:<id>", ttl = 60)]
async fn early_return(id: &str) -> Result<u64, Failed> {
    body();
    if id.is_empty() {
        return Err(Failed::Empty);
    }
    let Some(first) = id.split(',').next() else {
        return Ok(0);
    };
    let first: u64 = first.parse()?;
    Ok(first)
}

#[cache_aside(key = "labels:<path>:<depth>", ttl = 60)]
async fn labels(path: &str, mut depth: usize) -> Option<HashMap<String, usize>> {
    body();
    let found = 'outer: loop {
        for part in path.split('/') {
            if part.is_empty() {
                continue 'outer;
            }
            if depth == 0 {
                break 'outer part;
            }
            depth -= 1;
            tokio::task::yield_now().await;
        }
        return None;
    };
    let value = 'block: {
        if depth > 0 {
            break 'block 1;
        }
        2
    };
    Some(std::iter::once((found.to_owned(), value)).collect())
}

#[cache_aside(key = "diverging:<id>", ttl = 60)]
async fn diverging(id: u32) -> u32 {
    body();
    assert!(id > 1, "no such id");
    unimplemented!()
}

#[cache_aside(key = "endless:<id>", ttl = 60)]
async fn endless(id: u32) -> u32 {
    body();
    let mut left = id;
    loop {
        if left == 0 {
            return id;
        }
        left -= 1;
        tokio::task::yield_now().await;
    }
}

#[cache_aside(key = "nothing-but-panic:<id>", ttl = 60)]
async fn nothing_but_panic(id: u32) -> Result<String, Failed> {
    panic!("on purpose")
}

#[cache_aside(key = "items:<id>", ttl = 60)]
async fn items(id: u64) -> Vec<u64> {
    const STEP: u64 = 2;
    static LIMIT: u64 = 6;

    #[derive(Debug)]
    struct Ids(u64);

    impl Ids {
        fn list(self) -> impl Iterator<Item = u64> + Debug {
            (self.0..LIMIT).step_by(usize::try_from(STEP).unwrap_or(1))
        }
    }

    fn doubled(ids: impl Iterator<Item = u64>) -> impl Iterator<Item = u64> {
        ids.map(|id| 2 * id)
    }

    macro_rules! bail {
        () => {
            return vec![]
        };
    }

    body();
    if id == 0 {
        bail!();
    }
    doubled(Ids(id).list()).collect()
}

/// Every name that an expansion could be careless about, as parameters and as locals.
#[allow(
    non_snake_case,
    clippy::too_many_arguments,
    clippy::used_underscore_binding,
    reason = "the point of this shape"
)]
#[cache_aside(
    key = "names:<key>:<cache>:<result>:<site>:<__site>:<__call>:<__shape>:<__ret>:<__SITE>",
    ttl = 60
)]
async fn names(
    key: u64,
    cache: u64,
    result: u64,
    site: u64,
    __site: u64,
    __call: u64,
    __shape: u64,
    __ret: u64,
    __SITE: u64,
) -> u64 {
    body();
    let core = key + cache + result;
    let std = core + site + __site;
    let __call = std + __call;
    let cached_redis_runtime = __call + __shape;
    cached_redis_runtime + __ret + __SITE
}

#[cache_invalidate(keys("names:<__part0>:<__keys>:<ret>", "endless:<call>"))]
async fn names_of_a_write(__part0: u64, __keys: u64, __ret: u64, call: u32) -> u64 {
    body();
    let __keys = __keys + u64::from(call);
    __part0 + __keys + __ret
}

mod prelude_of_another_kind {
    #[derive(Clone, Copy, PartialEq)]
    pub(super) enum Outcome {
        Ok,
        Err,
        Some,
        None,
    }
}

#[cache_aside(key = "globs:<id>", ttl = 60)]
async fn globs(id: u32) -> Result<Option<u32>, ()> {
    use prelude_of_another_kind::Outcome::*;

    type Box = u32;

    body();
    let all: [_; 4] = [Ok, Err, Some, None];
    let count: Box = all.iter().map(|&one| Box::from(one == Ok)).sum();
    Result::Ok(Option::Some(id + count))
}

#[cache_aside(key = "inner:<id>", ttl = 60)]
async fn inner_attribute(id: u32) -> u32 {
    #![allow(
        clippy::let_and_return,
        reason = "an attribute inside the body belongs to it"
    )]
    body();
    let value = id;
    value
}

/// Closures and `async` blocks with returns of their own.
#[cache_aside(key = "blocks:<id>", ttl = 60)]
async fn blocks(id: u64) -> Result<u64, Failed> {
    body();
    let parse = |text: &str| -> Result<u64, Failed> {
        if text.is_empty() {
            return Err(Failed::Empty);
        }
        Ok(text.parse()?)
    };
    let inner = async {
        let parsed = parse("7")?;
        if id > parsed {
            return Ok(id);
        }
        parse(&id.to_string())
    };
    Ok(inner.await? + 1)
}

#[cache_aside(key = "stream:<ids>", ttl = 60)]
async fn stream(ids: Vec<u64>) -> u64 {
    body();
    let calls: FuturesUnordered<_> = ids
        .into_iter()
        .map(|id| async move {
            tokio::task::yield_now().await;
            id
        })
        .collect();
    calls.fold(0, |sum, id| async move { sum + id }).await
}

/// A guard that is not held across an await, and a `match` with every kind of arm.
#[cache_aside(key = "matches:<id>", ttl = 60)]
async fn matches(id: i64) -> String {
    body();
    let lock = std::sync::Mutex::new(id);
    let copy = *lock.lock().unwrap();
    tokio::task::yield_now().await;
    match u8::try_from(copy) {
        Ok(0) => "zero".to_owned(),
        Ok(small) if small < 10 => return small.to_string(),
        Ok(byte @ 10..=99) => format!("{byte}"),
        Ok(_) => unreachable!(),
        Err(error) => error.to_string(),
    }
}

#[cache_aside(key = "moves:<name>:<list>", ttl = 60)]
async fn moves(name: String, list: Vec<String>) -> String {
    body();
    let task = tokio::spawn(async move { name + &list.concat() });
    task.await.unwrap_or_default()
}

#[cache_aside(key = "nested:<id>", ttl = 60)]
async fn nested(id: u64) -> u64 {
    #[cache_aside(key = "nested-inner:<id>", ttl = 60)]
    async fn inner(id: u64) -> u64 {
        id
    }

    body();
    inner(id).await + inner(id).await
}

shapes! {
    early_return { apart!(early_return("7"), early_return("8,9")); }
    question_mark { assert_eq!(inspect(early_return("x")).await, (Err(Failed::Parse), Served::Miss)); }
    labels { hit!(labels("a/b/c", 1)); }
    diverging {
        let call = std::panic::AssertUnwindSafe(diverging(1)).catch_unwind();
        assert!(call.await.is_err());
    }
    endless { hit!(endless(3)); }
    nothing_but_panic {
        let before = bodies();
        let call = std::panic::AssertUnwindSafe(nothing_but_panic(1)).catch_unwind();
        assert!(call.await.is_err());
        assert_eq!(bodies(), before);
    }
    items { apart!(items(2), items(0)); }
    names { hit!(names(1, 2, 3, 4, 5, 6, 7, 8, 9)); }
    names_of_a_write { invalidates!(names_of_a_write(1, 2, 3, 4), endless(4)); }
    globs { hit!(globs(1)).unwrap(); }
    inner_attribute { hit!(inner_attribute(1)); }
    blocks { hit!(blocks(1)).unwrap(); }
    stream { hit!(stream(vec![1, 2, 3])); }
    matches { apart!(matches(0), matches(-1)); }
    moves { hit!(moves("a".to_owned(), vec!["b".to_owned()])); }
    nested { hit!(nested(1)); }
}
