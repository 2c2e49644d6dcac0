#![deny(warnings)]
#![allow(dead_code)]

use std::marker::PhantomData;

use cached_redis_runtime::{CacheKey, KeyName, key};

#[derive(CacheKey, KeyName, Clone, Copy)]
struct UserId(u64);

#[derive(CacheKey)]
struct Named<'a> {
    name: &'a str,
}

#[derive(CacheKey)]
struct Range {
    from: u32,
    to: Option<u32>,
}

#[derive(CacheKey)]
struct Nothing;

#[derive(CacheKey)]
struct Pair<A, B: Copy>(A, B);

#[derive(CacheKey)]
struct Id<T> {
    value: u64,
    of: PhantomData<T>,
}

#[derive(CacheKey, Clone, Copy)]
enum Kind {
    Small,
    r#Large,
}

#[derive(CacheKey)]
enum Never {}

#[derive(CacheKey)]
#[cache_key(crate = cached_redis_runtime)]
struct Elsewhere(u8);

struct NotAKey;

fn text(key: &cached_redis_runtime::Key) -> &str {
    key.as_str()
}

fn main() {
    let user = (UserId(7), Kind::Small);
    assert_eq!(text(&key!("user:<user.0>:<user.1>")), "user:7:Small");
    let name = Named { name: "a:b" };
    assert_eq!(text(&key!("name:<name>")), "name:a%3Ab");
    let range = Range { from: 1, to: None };
    assert_eq!(text(&key!("range:<range>")), "range:(1,~)");
    let nothing = Nothing;
    assert_eq!(text(&key!("n:<nothing>")), "n:()");
    let pair = Pair("x", Kind::Large);
    assert_eq!(text(&key!("p:<pair>")), "p:(x,Large)");
    let id: Id<NotAKey> = Id { value: 3, of: PhantomData };
    assert_eq!(text(&key!("i:<id>")), "i:3");
    assert_eq!(text(&key!("{all}:<pair>", one_slot)), "{all}:(x,Large)");
    assert_eq!(text(&key!("<<id>>")), "<id>");
    assert_eq!(UserId::KEY_NAME, "UserId");
}
