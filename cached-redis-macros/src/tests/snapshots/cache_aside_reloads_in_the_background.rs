async fn find(
    &self,
    id: UserId,
    team: &str,
    mut word: impl Into<String>,
) -> Option<User> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
                ::core::concat!(::core::module_path!(), "::find"),
                "user:<id>",
                &["user:", ""],
            )
            .tagged();
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("User").comparable("User").ttl("1m").tags(&
            ["team:<team>"])
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
        &[::cached_redis_runtime::__rt::segment::<UserId>(&id)],
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
    ::cached_redis_runtime::__rt::cache_aside_ahead(
            __call,
            const {
                ::cached_redis_runtime::__rt::Soft::new()
                    .stale(::core::time::Duration::from_secs(300u64))
                    .refresh_ahead(Self::SHARE)
                    .soft_timeout(::core::time::Duration::from_millis(200u64))
            },
            __shape,
            ::cached_redis_runtime::__rt::store_always,
            move |__tags| {
                __tags
                    .push(
                        &::cached_redis_runtime::__rt::template_key(
                            "team:<team>",
                            &["team:", ""],
                            &[::cached_redis_runtime::__rt::segment::<&str>(&team)],
                        ),
                    );
                ::cached_redis_runtime::__rt::along::<UserId>();
                let __owner = ::cached_redis_runtime::__rt::cloned_along::<Self>(self);
                move || async move {
                    if false {
                        return ::cached_redis_runtime::__rt::typed::<Option<User>>();
                    }
                    let __self = &__owner;
                    {
                        use crate::{self, load};
                        struct Local;
                        impl Local {
                            fn get(&self) -> &Self {
                                self
                            }
                        }
                        tokio::join!(__self.load(id), load(__self, word), self::load())
                    }
                }
            },
        )
        .await
}
