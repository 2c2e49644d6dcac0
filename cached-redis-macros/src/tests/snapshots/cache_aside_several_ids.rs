async fn find_many(&self, ids: Vec<UserId>) -> DbResult<HashMap<UserId, User>> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
            ::core::concat!(::core::module_path!(), "::find_many"),
            "t:<self.tenant>:user:<ids>",
            &["t:", ":user:", ""],
        );
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("User").comparable("User").ttl("1m")
        );
        &__SITE
    };
    let __call = ::cached_redis_runtime::__rt::begin_each::<
        Vec<UserId>,
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
                        "t:<self.tenant>:user:<ids>",
                        &["t:", ":user:", ""],
                        &[
                            ::cached_redis_runtime::__rt::segment(&self.tenant),
                            ::cached_redis_runtime::__rt::segment(&ids),
                        ],
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
            DbResult<HashMap<UserId, User>>,
        >::new())
            .outer();
        let __rows = ::cached_redis_runtime::__rt::probe::rows(&__outer);
        let __leaf = (&&&__rows.leaf_probe()).leaf();
        __rows.with(__leaf)
    };
    ::cached_redis_runtime::__rt::cache_aside_each(
            __call,
            __shape,
            ::cached_redis_runtime::__rt::unless_each(__shape, |user| user.banned),
            move |mut __asked| async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<
                        DbResult<HashMap<UserId, User>>,
                    >();
                }
                let mut ids = __asked.view();
                { load(ids).await }
            },
        )
        .await
}
