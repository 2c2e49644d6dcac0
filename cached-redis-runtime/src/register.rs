//! Puts an annotated function into the catalogue, or nowhere while the feature `catalogue` is off.
//!
//! A macro, because an attribute cannot see the features of this crate. The `static` is data for the linker: nothing runs
//! before `main`, and nothing on a call.

#[cfg(feature = "catalogue")]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($($registration:tt)*) => {
        #[$crate::__rt::linkme::distributed_slice($crate::__rt::CACHED_REDIS_FUNCTIONS)]
        #[linkme(crate = $crate::__rt::linkme)]
        static __REGISTRATION: $crate::__rt::Registration = $crate::__rt::Registration::$($registration)*
            .at(::core::file!(), ::core::line!());
    };
}

#[cfg(not(feature = "catalogue"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($($registration:tt)*) => {};
}
