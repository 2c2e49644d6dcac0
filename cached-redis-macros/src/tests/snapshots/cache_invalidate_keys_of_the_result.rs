async fn create<T: KeyName>(&self, team: TeamId) -> Option<Member> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_invalidate(
            ::core::concat!(::core::module_path!(), "::create"),
            "team:<team>",
        );
        ::cached_redis_runtime::__rt::register!(
            writer(& __SITE, & ["team:<team>", "team:<team>:<ret.id>:<T>", "all:<ret>"])
        );
        &__SITE
    };
    let __call = ::cached_redis_runtime::__rt::begin_invalidate(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        true,
        &[
            ::cached_redis_runtime::__rt::template_key(
                "team:<team>",
                &["team:", ""],
                &[::cached_redis_runtime::__rt::segment::<TeamId>(&team)],
            ),
        ],
    );
    let __part0 = ::cached_redis_runtime::__rt::rendered::<TeamId>(&team);
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            Option<Member>,
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
                                "team:<team>:<ret.id>:<T>",
                                &["team:", ":", ":", ""],
                                &[
                                    ::cached_redis_runtime::__rt::segment(&__part0),
                                    ::cached_redis_runtime::__rt::segment(&__ret.id),
                                    ::cached_redis_runtime::__rt::type_segment::<T>(),
                                ],
                            ),
                        );
                    __keys
                        .push(
                            &::cached_redis_runtime::__rt::template_key(
                                "all:<ret>",
                                &["all:", ""],
                                &[::cached_redis_runtime::__rt::segment(&__ret)],
                            ),
                        );
                },
            ),
            move || async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<Option<Member>>();
                }
                { body }
            },
        )
        .await
}
