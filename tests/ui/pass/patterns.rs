#![deny(warnings)]

use cached_redis_runtime::{cache_aside, cache_invalidate};

struct Page {
    number: u32,
    size: u32,
}

struct Path<T>(T);

#[cache_aside(ttl = 60, key = "page:<number>:<size>")]
async fn by_struct(Page { number, size }: Page) -> u32 {
    number * size
}

#[cache_aside(ttl = 60, key = "path:<id>")]
async fn by_tuple_struct(Path(id): Path<u64>) -> u64 {
    id
}

#[cache_aside(ttl = 60, key = "pair:<a>:<b>")]
async fn by_tuple((a, b): (u8, u8)) -> u8 {
    a + b
}

#[cache_aside(ttl = 60, key = "first:<first>")]
async fn by_array([first, ..]: [u8; 3]) -> u8 {
    first
}

#[cache_aside(ttl = 60, key = "whole:<whole.0>")]
async fn by_binding(whole @ (_, second): (u8, u8)) -> u8 {
    whole.0 + second
}

#[cache_aside(ttl = 60, key = "mut:<count>")]
async fn mutable(mut count: u32) -> u32 {
    count += 1;
    count
}

#[cache_aside(ttl = 60, key = "reference:<id>")]
async fn reference(&id: &u32) -> u32 {
    id
}

#[cache_aside(ttl = 60, key = "raw:<type>", skip(match))]
async fn raw(r#type: u32, r#match: u32) -> u32 {
    r#type + r#match
}

#[cache_aside(ttl = 60, key = "unnamed", skip(_))]
async fn unnamed(_: &str, (): ()) -> u32 {
    1
}

#[cache_invalidate(key = "point:<point.0>:<point.1.0>")]
async fn nested_fields(point: (u8, (u8, u8)), _: u32) {
    let _ = point;
}

fn main() {
    drop(by_struct(Page { number: 1, size: 2 }));
    drop(by_tuple_struct(Path(1)));
    drop(by_tuple((1, 2)));
    drop(by_array([1, 2, 3]));
    drop(by_binding((1, 2)));
    drop(mutable(1));
    drop(reference(&1));
    drop(raw(1, 2));
    drop(unnamed("", ()));
    drop(nested_fields((1, (2, 3)), 4));
}
