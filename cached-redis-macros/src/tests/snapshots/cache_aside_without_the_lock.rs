async fn a(id: u64) -> u64 {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
                ::core::concat!(::core::module_path!(), "::a"),
                "a:<id>",
                &["a:", ""],
            )
            .unlocked();
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("u64").comparable("u64").ttl("1m").integers(1u64)
        );
        &__SITE
    };
    let __call = ::cached_redis_runtime::__rt::begin(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        const {
            ::cached_redis_runtime::__rt::Lifetimes::ttl(
                ::core::time::Duration::from_secs(60u64),
            )
        },
        &[::cached_redis_runtime::__rt::segment::<u64>(&id)],
    );
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<u64>::new())
            .outer();
        let __leaf = (&&&__outer.leaf_probe()).leaf();
        __outer.with(__leaf)
    };
    ::cached_redis_runtime::__rt::cache_aside(
            __call,
            __shape,
            ::cached_redis_runtime::__rt::store_always,
            move || async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<u64>();
                }
                { body }
            },
        )
        .await
}
