async fn find(&self, id: &UserId) -> Option<User> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
            ::core::concat!(::core::module_path!(), "::find"),
            "user:<id>",
            &["user:", ""],
        );
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("User").comparable("User").ttl("1m")
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
        &[::cached_redis_runtime::__rt::segment::<&UserId>(&id)],
    );
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            Option<User>,
        >::new())
            .outer();
        let __leaf = (&&&__outer.leaf_probe()).leaf();
        __outer.with(__leaf)
    };
    ::cached_redis_runtime::__rt::cache_aside_soft(
            __call,
            const {
                ::cached_redis_runtime::__rt::Soft::new().stale(Self::STALE).early(1f64)
            },
            __shape,
            ::cached_redis_runtime::__rt::store_always,
            move |__tags| {
                move || async move {
                    if false {
                        return ::cached_redis_runtime::__rt::typed::<Option<User>>();
                    }
                    { self.load(id).await }
                }
            },
        )
        .await
}
