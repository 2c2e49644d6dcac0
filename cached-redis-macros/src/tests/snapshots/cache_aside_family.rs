async fn find(db: Db, team: TeamId, user: &User) -> Option<Member> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
            ::core::concat!(::core::module_path!(), "::find"),
            keys::Member::KEY_FAMILY.template(),
            keys::Member::KEY_FAMILY.literals(),
        );
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("Member").ttl("1h").integers(keys::Member::KEY_FAMILY
            .integers())
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
        &::cached_redis_runtime::__rt::segments(
            &(keys::Member::KEY_FAMILY.make)(&(&team), &(user.name)),
        ),
    );
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            Option<Member>,
        >::new())
            .outer();
        let __leaf = (&&&__outer.leaf_probe()).leaf();
        __outer.with(__leaf)
    };
    ::cached_redis_runtime::__rt::cache_aside(
            __call,
            ::cached_redis_runtime::__rt::held_by(&keys::Member::KEY_FAMILY, __shape),
            ::cached_redis_runtime::__rt::store_always,
            move || async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<Option<Member>>();
                }
                { body }
            },
        )
        .await
}
