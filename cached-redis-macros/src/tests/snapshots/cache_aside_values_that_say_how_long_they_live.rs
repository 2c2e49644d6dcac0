async fn token(client: &str) -> Result<Token, Error> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
            ::core::concat!(::core::module_path!(), "::token"),
            "token:<client>",
            &["token:", ""],
        );
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("Token").comparable("Token").ttl("per value")
        );
        &__SITE
    };
    let __call = ::cached_redis_runtime::__rt::begin(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        const { ::cached_redis_runtime::__rt::Lifetimes::per_value() },
        &[::cached_redis_runtime::__rt::segment::<&str>(&client)],
    );
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            Result<Token, Error>,
        >::new())
            .outer();
        let __leaf = (&&&__outer.leaf_probe()).leaf();
        __outer.with(__leaf)
    };
    ::cached_redis_runtime::__rt::cache_aside_soft(
            __call,
            const {
                ::cached_redis_runtime::__rt::Soft::new()
                    .stale(::core::time::Duration::from_secs(60u64))
            },
            __shape,
            ::cached_redis_runtime::__rt::lives(
                __shape,
                #[allow(
                    clippy::redundant_closure,
                    clippy::redundant_closure_for_method_calls
                )]
                |token| token.expires_in,
                |__ttl| ::cached_redis_runtime::__rt::Keep::lasting(
                    ::cached_redis_runtime::__rt::IntoTtl::into_ttl(__ttl),
                ),
            ),
            move |__tags| {
                move || async move {
                    if false {
                        return ::cached_redis_runtime::__rt::typed::<
                            Result<Token, Error>,
                        >();
                    }
                    { log_in(client).await }
                }
            },
        )
        .await
}
