async fn join(team: String, user: &User) -> Result<Member, Error> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_invalidate(
            ::core::concat!(::core::module_path!(), "::join"),
            All::KEY_FAMILY.template(),
        );
        ::cached_redis_runtime::__rt::register!(
            writer(& __SITE, & [All::KEY_FAMILY.template(), Member::KEY_FAMILY
            .template(), "team:<team>", UserById::KEY_FAMILY.template()])
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
                All::KEY_FAMILY.template(),
                All::KEY_FAMILY.literals(),
                &::cached_redis_runtime::__rt::segments(&(All::KEY_FAMILY.make)()),
            ),
            ::cached_redis_runtime::__rt::template_key(
                "team:<team>",
                &["team:", ""],
                &[::cached_redis_runtime::__rt::segment::<String>(&team)],
            ),
            ::cached_redis_runtime::__rt::template_key(
                UserById::KEY_FAMILY.template(),
                UserById::KEY_FAMILY.literals(),
                &::cached_redis_runtime::__rt::segments(
                    &(UserById::KEY_FAMILY.make)(&(user.id)),
                ),
            ),
        ],
    );
    let __part0 = &(team.clone());
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            Result<Member, Error>,
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
                    {
                        let ret = __ret;
                        __keys
                            .push(
                                &::cached_redis_runtime::__rt::template_key(
                                    Member::KEY_FAMILY.template(),
                                    Member::KEY_FAMILY.literals(),
                                    &::cached_redis_runtime::__rt::segments(
                                        &(Member::KEY_FAMILY.make)(__part0, &(ret.name)),
                                    ),
                                ),
                            );
                    }
                },
            ),
            move || async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<
                        Result<Member, Error>,
                    >();
                }
                { body }
            },
        )
        .await
}
