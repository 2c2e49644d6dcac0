//! Why an attempt failed.

pub(crate) type Error = &'static str;
