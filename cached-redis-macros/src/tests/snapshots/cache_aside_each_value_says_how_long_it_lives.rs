async fn tokens(ids: &[u64]) -> HashMap<u64, Token> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
            ::core::concat!(::core::module_path!(), "::tokens"),
            "token:<ids>",
            &["token:", ""],
        );
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("Token").comparable("Token").ttl("per value")
            .integers(1u64)
        );
        &__SITE
    };
    let __call = ::cached_redis_runtime::__rt::begin_each::<
        &[u64],
    >(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        const { ::cached_redis_runtime::__rt::Lifetimes::per_value() },
        ids,
        |ids, __keys| {
            __keys
                .push(
                    &::cached_redis_runtime::__rt::template_key(
                        "token:<ids>",
                        &["token:", ""],
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
            HashMap<u64, Token>,
        >::new())
            .outer();
        let __rows = ::cached_redis_runtime::__rt::probe::rows(&__outer);
        let __leaf = (&&&__rows.leaf_probe()).leaf();
        __rows.with(__leaf)
    };
    ::cached_redis_runtime::__rt::cache_aside_each(
            __call,
            __shape,
            ::cached_redis_runtime::__rt::lives_each(
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
            move |mut __asked| async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<HashMap<u64, Token>>();
                }
                let ids = __asked.view();
                { log_in(ids).await }
            },
        )
        .await
}
