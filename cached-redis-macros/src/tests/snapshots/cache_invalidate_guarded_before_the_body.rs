async fn update(id: u64, team: TeamId) -> DbResult<u64> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_invalidate(
            ::core::concat!(::core::module_path!(), "::update"),
            "user:<id>",
        );
        ::cached_redis_runtime::__rt::register!(
            writer(& __SITE, & ["user:<id>", "team:<team>:<ret>"])
        );
        &__SITE
    };
    let __call = ::cached_redis_runtime::__rt::begin_invalidate(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        false,
        &[
            ::cached_redis_runtime::__rt::template_key(
                "user:<id>",
                &["user:", ""],
                &[::cached_redis_runtime::__rt::segment::<u64>(&id)],
            ),
        ],
    );
    let __call = ::cached_redis_runtime::__rt::guarded(__call).await;
    let __part0 = ::cached_redis_runtime::__rt::rendered::<TeamId>(&team);
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            DbResult<u64>,
        >::new())
            .outer();
        let __leaf = (&&&__outer.leaf_probe()).leaf();
        __outer.with(__leaf)
    };
    ::cached_redis_runtime::__rt::cache_invalidate(
            __call,
            __shape,
            ::cached_redis_runtime::__rt::ret_keys(
                __shape,
                move |__ret, __keys| {
                    __keys
                        .push(
                            &::cached_redis_runtime::__rt::template_key(
                                "team:<team>:<ret>",
                                &["team:", ":", ""],
                                &[
                                    ::cached_redis_runtime::__rt::segment(&__part0),
                                    ::cached_redis_runtime::__rt::segment(&__ret),
                                ],
                            ),
                        );
                },
            ),
            move || async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<DbResult<u64>>();
                }
                { body }
            },
        )
        .await
}
