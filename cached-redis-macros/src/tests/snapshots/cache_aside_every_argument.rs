async fn find<T: KeyName, const N: usize>(
    user: &User,
    r#type: impl CacheKey,
    db: Db,
) -> User {
    let __site = {
        static __SITE: facade::cache::__rt::Site = facade::cache::__rt::Site::cache_aside(
                ::core::concat!(::core::module_path!(), "::find"),
                "{<T>}:<N>:<user.name.0>:<type>",
                &["{", "}:", ":", ":", ""],
            )
            .version(2u32)
            .jitter(0.5f64)
            .format(facade::cache::__rt::format::json!());
        facade::cache::__rt::register!(
            reader(& __SITE).value("User").comparable("User").ttl("TTL")
            .none_ttl("1m30s").integers(2u64).cache("db.cache")
        );
        &__SITE
    };
    let __call = facade::cache::__rt::begin(
        facade::cache::__rt::limited(
            __site,
            const { facade::cache::__rt::at_most(Self::MAX) },
        ),
        facade::cache::__rt::explicit(&(db.cache)),
        !fresh(),
        const {
            facade::cache::__rt::Lifetimes::none_ttl(
                facade::cache::__rt::Lifetimes::ttl(TTL),
                ::core::time::Duration::from_secs(90u64),
            )
        },
        &[
            facade::cache::__rt::type_segment::<T>(),
            facade::cache::__rt::segment::<usize>(&N),
            facade::cache::__rt::segment(&user.name.0),
            facade::cache::__rt::segment(&r#type),
        ],
    );
    let __shape = {
        use facade::cache::__rt::probe::{
            LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _,
            Plain as _, ResultOption as _, ResultPlain as _,
        };
        let __outer = (&&&&facade::cache::__rt::probe::Probe::<User>::new()).outer();
        let __leaf = (&&&__outer.leaf_probe()).leaf();
        __outer.with(__leaf)
    };
    facade::cache::__rt::cache_aside(
            __call,
            __shape,
            facade::cache::__rt::unless(__shape, |user| user.banned),
            move || async move {
                if false {
                    return facade::cache::__rt::typed::<User>();
                }
                { body }
            },
        )
        .await
}
