async fn find_many(ids: &[UserId]) -> HashMap<UserId, User> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
                ::core::concat!(::core::module_path!(), "::find_many"),
                "user:<ids>",
                &["user:", ""],
            )
            .tagged();
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("User").comparable("User").ttl("1m").tags(&
            ["users:all", "user-tag:<ids>"])
        );
        &__SITE
    };
    let __call = ::cached_redis_runtime::__rt::begin_each::<
        &[UserId],
    >(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        const {
            ::cached_redis_runtime::__rt::Lifetimes::ttl(
                ::core::time::Duration::from_secs(60u64),
            )
        },
        ids,
        |ids, __keys| {
            __keys
                .push(
                    &::cached_redis_runtime::__rt::template_key(
                        "user:<ids>",
                        &["user:", ""],
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
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            HashMap<UserId, User>,
        >::new())
            .outer();
        let __rows = ::cached_redis_runtime::__rt::probe::rows(&__outer);
        let __leaf = (&&&__rows.leaf_probe()).leaf();
        __rows.with(__leaf)
    };
    ::cached_redis_runtime::__rt::cache_aside_each_tagged(
            __call,
            __shape,
            ::cached_redis_runtime::__rt::store_always,
            move |__tags| {
                __tags
                    .push(
                        &::cached_redis_runtime::__rt::template_key(
                            "users:all",
                            &["users:all"],
                            &[],
                        ),
                    );
                __tags
                    .each(|ids, __keys| {
                        __keys
                            .push(
                                &::cached_redis_runtime::__rt::template_key(
                                    "user-tag:<ids>",
                                    &["user-tag:", ""],
                                    &[::cached_redis_runtime::__rt::segment(&ids)],
                                ),
                            )
                    });
                move |mut __asked| async move {
                    if false {
                        return ::cached_redis_runtime::__rt::typed::<
                            HashMap<UserId, User>,
                        >();
                    }
                    let ids = __asked.view();
                    { load(ids).await }
                }
            },
        )
        .await
}
