async fn find(
    id: u64,
    #[cfg(feature = "a")]
    locale: &str,
    #[cfg(all(feature = "b", not(feature = "a")))]
    locale: Locale,
) -> User {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
            ::core::concat!(::core::module_path!(), "::find"),
            "user:<id>:<locale>",
            &["user:", ":", ""],
        );
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("User").comparable("User").ttl("1m").integers(1u64)
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
        &[
            ::cached_redis_runtime::__rt::segment::<u64>(&id),
            #[cfg(feature = "a")]
            ::cached_redis_runtime::__rt::segment::<&str>(&locale),
            #[cfg(all(feature = "b", not(feature = "a")))]
            ::cached_redis_runtime::__rt::segment::<Locale>(&locale),
            #[cfg(
                not(any(all(feature = "a"), all(all(feature = "b", not(feature = "a")))))
            )]
            ::cached_redis_runtime::__rt::segment::<&str>(&""),
        ],
    );
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<User>::new())
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
                    return ::cached_redis_runtime::__rt::typed::<User>();
                }
                { body }
            },
        )
        .await
}
