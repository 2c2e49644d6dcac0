//! A family's key is made as a template's: one buffer, reserved once.

use std::alloc::System;

use cached_redis_families::UserId;
use cached_redis_families::keys::{Member, UserById};
use cached_redis_runtime::{Cache, Key, cache_aside, key};
use cap::Cap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const TEAM: &str = "a team whose name alone is longer than what is set aside for a single value";

#[cache_aside(key = "user:<id.0>", ttl = 60)]
async fn by_template(id: &UserId) -> u64 {
    id.0
}

#[cache_aside(key = "team:{<team>}:m:<id>", ttl = 60)]
async fn long_by_template(team: &str, id: &UserId) -> String {
    format!("{team}{}", id.0)
}

cached_redis_runtime::key_family! {
    Number(id: UserId) -> u64 = "user:<id.0>";
    LongName(team: str, id: UserId) -> String = "team:{<team>}:m:<id>";
}

#[cache_aside(key = Number(id), ttl = 60)]
async fn by_family(id: &UserId) -> u64 {
    id.0
}

#[cache_aside(key = LongName(team, id), ttl = 60)]
async fn long_by_family(team: &str, id: &UserId) -> String {
    format!("{team}{}", id.0)
}

/// What `made` still holds, and all that was allocated for it.
fn cost(make: impl Fn() -> Key) -> (usize, usize) {
    let before = (ALLOCATOR.allocated(), ALLOCATOR.total_allocated());
    let key = make();
    let after = (ALLOCATOR.allocated(), ALLOCATOR.total_allocated());
    drop(key);
    (after.0 - before.0, after.1 - before.1)
}

/// One test: another in this process would allocate too.
#[tokio::test]
async fn a_family_allocates_what_its_template_does() {
    let id = UserId(u64::MAX);
    assert_eq!(cost(|| UserById(&id).key()), cost(|| key!("user:<id>")));
    let long = cost(|| key!("team:{<TEAM>}:m:<id>"));
    assert_eq!(cost(|| Member(TEAM, &id).key()), long);
    assert!(long.0 > TEAM.len(), "the allocator counts");

    let cache = Cache::connect("memory://").await.expect("no server");
    let hits = async {
        macro_rules! hits {
            ($call:expr) => {{
                $call.await;
                // The least of a few: what the process does besides counts as well.
                let counts = [(); 5].map(|()| async {
                    let before = ALLOCATOR.total_allocated();
                    for _ in 0..100 {
                        $call.await;
                    }
                    ALLOCATOR.total_allocated() - before
                });
                let mut least = usize::MAX;
                for count in counts {
                    least = least.min(count.await);
                }
                least
            }};
        }
        let short = hits!(by_template(&id));
        assert_eq!(hits!(by_family(&id)), short);
        let long = hits!(long_by_template(TEAM, &id));
        assert_eq!(hits!(long_by_family(TEAM, &id)), long);
    };
    cache.scope(hits).await;
}
