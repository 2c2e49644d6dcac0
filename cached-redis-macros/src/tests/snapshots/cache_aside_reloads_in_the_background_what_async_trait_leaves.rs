fn find<'life0, 'async_trait>(
    &'life0 self,
    id: u64,
) -> ::core::pin::Pin<
    Box<dyn ::core::future::Future<Output = User> + ::core::marker::Send + 'async_trait>,
>
where
    'life0: 'async_trait,
    Self: 'async_trait,
{
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
            ::core::concat!(::core::module_path!(), "::find"),
            "user:<id>",
            &["user:", ""],
        );
        ::cached_redis_runtime::__rt::register!(
            reader(& __SITE).value("User").comparable("User").ttl("1m").integers(1u64)
        );
        &__SITE
    };
    ::std::boxed::Box::pin(async move {
        let __call = ::cached_redis_runtime::__rt::begin(
            __site,
            ::cached_redis_runtime::__rt::installed(),
            true,
            const {
                ::cached_redis_runtime::__rt::Lifetimes::ttl(
                    ::core::time::Duration::from_secs(60u64),
                )
            },
            &[::cached_redis_runtime::__rt::segment::<u64>(&id)],
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
        ::cached_redis_runtime::__rt::cache_aside_ahead(
                __call,
                const {
                    ::cached_redis_runtime::__rt::Soft::new().refresh_ahead(0.8f64)
                },
                __shape,
                ::cached_redis_runtime::__rt::store_always,
                move |__tags| {
                    ::cached_redis_runtime::__rt::along::<u64>();
                    let __owner = ::cached_redis_runtime::__rt::cloned_along::<
                        Self,
                    >(self);
                    move || async move {
                        let __self = &__owner;
                        ::cached_redis_runtime::__rt::call(move || -> ::core::pin::Pin<
                                Box<
                                    dyn ::core::future::Future<
                                        Output = User,
                                    > + ::core::marker::Send + '_,
                                >,
                            > {
                                Box::pin(async move {
                                    let __self = __self;
                                    let id = id;
                                    __self.load(id).await
                                })
                            })
                            .await
                    }
                },
            )
            .await
    })
}
