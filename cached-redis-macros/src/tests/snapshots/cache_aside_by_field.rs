async fn find(&self, id: UserId) -> Option<User> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
                ::core::concat!(::core::module_path!(), "::find"),
                UserById::KEY_FAMILY.template(),
                UserById::KEY_FAMILY.literals(),
            )
            .by_field();
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("User").ttl("1m").integers(UserById::KEY_FAMILY
            .integers())
        );
        &__SITE
    };
    let __call = ::cached_redis_runtime::__rt::begin_hash(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        const {
            ::cached_redis_runtime::__rt::Lifetimes::ttl(
                ::core::time::Duration::from_secs(60u64),
            )
        },
        &::cached_redis_runtime::__rt::segments(&(UserById::KEY_FAMILY.make)(&(id))),
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
    let __shape = ::cached_redis_runtime::__rt::hashed(__shape);
    let __call = ::cached_redis_runtime::__rt::glimpsed(__call, __shape).await;
    ::cached_redis_runtime::__rt::cache_aside(
            __call,
            ::cached_redis_runtime::__rt::held_by(&UserById::KEY_FAMILY, __shape),
            ::cached_redis_runtime::__rt::store_always,
            move || async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<Option<User>>();
                }
                { load(id).await }
            },
        )
        .await
}
