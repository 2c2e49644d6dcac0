async fn rename(&self, id: UserId, name: &str) -> Result<(), DbError> {
    let __site = {
        static __SITE: ::cached_redis_runtime::__rt::Site = ::cached_redis_runtime::__rt::Site::cache_aside(
                ::core::concat!(::core::module_path!(), "::rename"),
                UserById::KEY_FAMILY.template(),
                UserById::KEY_FAMILY.literals(),
            )
            .version(2u32)
            .by_field();
        ::cached_redis_runtime::__rt::register!(
            through(& __SITE).integers(UserById::KEY_FAMILY.integers())
        );
        &__SITE
    };
    let mut __call = ::cached_redis_runtime::__rt::begin_field(
        __site,
        ::cached_redis_runtime::__rt::installed(),
        true,
        &::cached_redis_runtime::__rt::template_key(
            UserById::KEY_FAMILY.template(),
            UserById::KEY_FAMILY.literals(),
            &::cached_redis_runtime::__rt::segments(&(UserById::KEY_FAMILY.make)(&(id))),
        ),
    );
    match &(*name) {
        __value => {
            ::cached_redis_runtime::__rt::field_value(
                &mut __call,
                ::cached_redis_runtime::__rt::field_held_by(
                    &UserById::KEY_FAMILY,
                    {
                        static __FIELD: ::cached_redis_runtime::__rt::FieldName = ::cached_redis_runtime::__rt::FieldName::new();
                        ::cached_redis_runtime::__rt::Field::<
                            models::User,
                            _,
                        >::new(&__FIELD, |__whole| &__whole.name)
                    },
                ),
                __value,
            )
        }
    }
    let __call = ::cached_redis_runtime::__rt::held(__call).await;
    let __shape = {
        use ::cached_redis_runtime::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&::cached_redis_runtime::__rt::probe::Probe::<
            Result<(), DbError>,
        >::new())
            .outer();
        let __leaf = (&&&__outer.leaf_probe()).leaf();
        __outer.with(__leaf)
    };
    ::cached_redis_runtime::__rt::write_field(
            __call,
            __shape,
            move || async move {
                if false {
                    return ::cached_redis_runtime::__rt::typed::<Result<(), DbError>>();
                }
                { body }
            },
        )
        .await
}
