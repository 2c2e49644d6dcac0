async fn join(team: TeamId, ids: &[UserId]) -> Member {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_invalidate(
            ::core::concat!(::core::module_path!(), "::join"),
            "team:<team>",
        );
        ::cached_redis_runtime::__rt::register!(
            writer(& __SITE, & []).tags(& ["team:<team>", "member:<ret.id>",
            "user-tag:<ids>"])
        );
        &__SITE
    };
    let mut __call = ::cached_redis_runtime::__rt::begin_invalidate(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        false,
        &[],
    );
    ::cached_redis_runtime::__rt::invalidate_tags(
        &mut __call,
        &[
            ::cached_redis_runtime::__rt::template_key(
                "team:<team>",
                &["team:", ""],
                &[::cached_redis_runtime::__rt::segment::<TeamId>(&team)],
            ),
        ],
    );
    ::cached_redis_runtime::__rt::invalidate_each(
        &mut __call,
        ids.iter(),
        |ids, __keys| {
            __keys
                .push_tag(
                    &::cached_redis_runtime::__rt::template_key(
                        "user-tag:<ids>",
                        &["user-tag:", ""],
                        &[::cached_redis_runtime::__rt::segment(&ids)],
                    ),
                )
        },
    );
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<Member>::new())
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
                        .push_tag(
                            &::cached_redis_runtime::__rt::template_key(
                                "member:<ret.id>",
                                &["member:", ""],
                                &[::cached_redis_runtime::__rt::segment(&__ret.id)],
                            ),
                        );
                },
            ),
            move || async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<Member>();
                }
                { body }
            },
        )
        .await
}
