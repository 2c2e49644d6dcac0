/// Documented.
pub async fn find(id: UserId) -> Result<Option<User>, sqlx::Error> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
            ::core::concat!(::core::module_path!(), "::find"),
            "user:<id>",
            &["user:", ""],
        );
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("User").comparable("User").ttl("1h")
        );
        &__SITE
    };
    let __call = ::cached_redis_runtime::__rt::begin(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        const {
            ::cached_redis_runtime::__rt::Lifetimes::ttl(
                ::core::time::Duration::from_secs(3600u64),
            )
        },
        &[::cached_redis_runtime::__rt::segment::<UserId>(&id)],
    );
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            Result<Option<User>, sqlx::Error>,
        >::new())
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
                    return ::cached_redis_runtime::__rt::typed::<
                        Result<Option<User>, sqlx::Error>,
                    >();
                }
                { load(id).await }
            },
        )
        .await
}
