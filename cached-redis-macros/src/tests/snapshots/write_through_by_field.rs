async fn save(&self, user: &User) -> Result<(), DbError> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
                ::core::concat!(::core::module_path!(), "::save"),
                "user:<user.id>",
                &["user:", ""],
            )
            .by_field();
        ::cached_redis_runtime::__rt::register!(through(& __SITE).ttl("1m"));
        &__SITE
    };
    let mut __call = ::cached_redis_runtime::__rt::by_field(
        ::cached_redis_runtime::__rt::begin_write(
            __site,
            ::cached_redis_runtime::__rt::installed(),
            true,
            const {
                ::cached_redis_runtime::__rt::Lifetimes::ttl(
                    ::core::time::Duration::from_secs(60u64),
                )
            },
            &::cached_redis_runtime::__rt::template_key(
                "user:<user.id>",
                &["user:", ""],
                &[::cached_redis_runtime::__rt::segment(&user.id)],
            ),
            &[],
        ),
    );
    match &(*user) {
        __value => {
            let __shape = {
                use ::cached_redis_runtime::__rt::probe::{
                    LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
                    Plain as _, ResultOption as _, ResultPlain as _,
                };
                let __outer = (&&&&::cached_redis_runtime::__rt::probe_of(__value))
                    .outer();
                let __leaf = (&&&__outer.leaf_probe()).leaf();
                __outer.with(__leaf)
            };
            let __shape = ::cached_redis_runtime::__rt::hashed(__shape);
            ::cached_redis_runtime::__rt::written(
                &mut __call,
                __shape,
                __value,
                ::cached_redis_runtime::__rt::store_always,
            );
        }
    }
    let __call = ::cached_redis_runtime::__rt::seized(__call).await;
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            Result<(), DbError>,
        >::new())
            .outer();
        let __leaf = (&&&__outer.leaf_probe()).leaf();
        __outer.with(__leaf)
    };
    ::cached_redis_runtime::__rt::write_through_value(
            __call,
            __shape,
            move || async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<Result<(), DbError>>();
                }
                { body }
            },
        )
        .await
}
