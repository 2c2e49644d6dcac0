//! The formats by the name that `codec = …` uses. One whose feature is off says which feature that is.
//!
//! Macros, because an attribute cannot see the features of this crate.

pub use crate::{
    __format_bincode as bincode, __format_json as json, __format_msgpack as msgpack,
    __format_postcard as postcard,
};

#[doc(hidden)]
#[macro_export]
macro_rules! __format_msgpack {
    () => {
        $crate::__rt::Format::MessagePack
    };
}

#[cfg(feature = "json")]
#[doc(hidden)]
#[macro_export]
macro_rules! __format_json {
    () => {
        $crate::__rt::Format::Json
    };
}

#[cfg(not(feature = "json"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __format_json {
    () => {
        ::core::compile_error!(
            "`codec = json` needs the feature `json` of `cached-redis-runtime`: add it in Cargo.toml"
        )
    };
}

#[cfg(feature = "postcard")]
#[doc(hidden)]
#[macro_export]
macro_rules! __format_postcard {
    () => {
        $crate::__rt::Format::Postcard
    };
}

#[cfg(not(feature = "postcard"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __format_postcard {
    () => {
        ::core::compile_error!(
            "`codec = postcard` needs the feature `postcard` of `cached-redis-runtime`: add it in Cargo.toml"
        )
    };
}

#[cfg(feature = "bincode")]
#[doc(hidden)]
#[macro_export]
macro_rules! __format_bincode {
    () => {
        $crate::__rt::Format::Bincode
    };
}

#[cfg(not(feature = "bincode"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __format_bincode {
    () => {
        ::core::compile_error!(
            "`codec = bincode` needs the feature `bincode` of `cached-redis-runtime`: add it in Cargo.toml"
        )
    };
}
