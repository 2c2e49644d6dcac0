#![deny(warnings)]

use cached_redis_runtime::cache_aside;

mod inner {
    // Names that would shadow the ones an expansion could be careless about.
    #[derive(Debug)]
    pub(crate) enum Outcome {
        Ok,
        Err,
    }
}

#[cache_aside(ttl = 60, key = "early:<id>")]
async fn early(id: u32) -> Result<u32, std::num::ParseIntError> {
    use inner::Outcome::*;
    for outcome in [Ok, Err] {
        if matches!(outcome, Err) && id > 1 {
            return Result::Ok(1);
        }
    }
    let parsed: u32 = "7".parse()?;
    Result::Ok(parsed)
}

#[cache_aside(ttl = 60, key = "diverges:<id>")]
async fn diverges(id: u32) -> u32 {
    panic!("{id}")
}

#[cache_aside(ttl = 60, key = "loops:<id>")]
async fn loops(id: u32) -> u32 {
    loop {
        if id > 1 {
            return id;
        }
        tokio::task::yield_now().await;
    }
}

#[cache_aside(ttl = 60, key = "inner-attribute:<id>")]
async fn inner_attribute(id: u32) -> u32 {
    #![allow(unused_variables)]
    let unused = 1;
    id
}

#[cache_aside(ttl = 60, key = "moves:<name>")]
async fn moves(name: String) -> String {
    let __call = name;
    let __shape = __call;
    __shape
}

fn main() {
    drop((early(1), diverges(1), loops(1), inner_attribute(1)));
    drop(moves(String::new()));
}
