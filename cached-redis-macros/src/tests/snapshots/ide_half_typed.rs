async fn find(id: u64) -> u64 {
    const _: () = {
        #[allow(unused_imports, reason = "it is for completion")]
        use ::cached_redis_runtime::__rt::ide::cache_aside::{
            key as _, ttl as _, ji as _,
        };
    };
    id
}
::core::compile_error! {
    "`#[cache_aside]` has no argument `ji`\n\nhelp: there is an argument with a similar name: `jitter`"
}
