//! How types of other crates look inside a key, each behind a feature.
//!
//! Written from their numbers and not by their `Display`, which is theirs to change. A time of day is `hhmmss`, since a
//! colon would have to be escaped, and a fraction is nine digits of nanoseconds, left out if it is zero.

#[cfg(any(feature = "chrono", feature = "time"))]
mod written {
    use std::fmt::Write as _;

    use crate::key::KeyWriter;

    /// `2026-11-21`, with a sign before a year that has not four digits.
    pub(super) fn date(out: &mut KeyWriter<'_>, year: i32, month: u32, day: u32) {
        // Writing into a `String` cannot fail.
        let _ = match year {
            0..=9999 => write!(out.buffer(), "{year:04}-{month:02}-{day:02}"),
            _ => write!(out.buffer(), "{year:+05}-{month:02}-{day:02}"),
        };
    }

    /// `130501`, or `130501.000000001`.
    pub(super) fn time(
        out: &mut KeyWriter<'_>,
        hour: u32,
        minute: u32,
        second: u32,
        nanosecond: u32,
    ) {
        let _ = write!(out.buffer(), "{hour:02}{minute:02}{second:02}");
        if nanosecond > 0 {
            let _ = write!(out.buffer(), ".{nanosecond:09}");
        }
    }
}

#[cfg(feature = "uuid")]
mod uuid {
    use uuid::Uuid;

    use crate::key::{CacheKey, KeyWriter};

    /// With hyphens, in lower case.
    #[cfg_attr(docsrs, doc(cfg(feature = "uuid")))]
    impl CacheKey for Uuid {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            let mut buffer = Uuid::encode_buffer();
            out.raw(self.hyphenated().encode_lower(&mut buffer));
        }
    }
}

#[cfg(feature = "chrono")]
mod chrono {
    use chrono::{
        DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc,
    };

    use super::written;
    use crate::key::{CacheKey, KeyWriter};

    /// `2026-11-21`.
    #[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
    impl CacheKey for NaiveDate {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            written::date(out, self.year(), self.month(), self.day());
        }
    }

    /// `130501`; a leap second has ten digits behind the point and so a text of its own.
    #[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
    impl CacheKey for NaiveTime {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            let (hour, minute, second) = (self.hour(), self.minute(), self.second());
            written::time(out, hour, minute, second, self.nanosecond());
        }
    }

    /// `2026-11-21T130501`.
    #[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
    impl CacheKey for NaiveDateTime {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            self.date().write_key(out);
            out.raw("T");
            self.time().write_key(out);
        }
    }

    /// `2026-11-21T130501Z`.
    ///
    /// For other time zones there is no implementation: two such values are equal if they are the same instant, while
    /// a function may well return something else for another offset. Take the instant with `to_utc()`, and the offset
    /// as a key part of its own where it matters.
    #[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
    impl CacheKey for DateTime<Utc> {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            self.naive_utc().write_key(out);
            out.raw("Z");
        }
    }
}

#[cfg(feature = "time")]
mod time {
    use std::fmt::Write as _;

    use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

    use super::written;
    use crate::key::{CacheKey, KeyWriter};

    /// `2026-11-21`.
    #[cfg_attr(docsrs, doc(cfg(feature = "time")))]
    impl CacheKey for Date {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            let month = u32::from(u8::from(self.month()));
            written::date(out, self.year(), month, u32::from(self.day()));
        }
    }

    /// `130501`.
    #[cfg_attr(docsrs, doc(cfg(feature = "time")))]
    impl CacheKey for Time {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            let [hour, minute, second] = [self.hour(), self.minute(), self.second()].map(u32::from);
            written::time(out, hour, minute, second, self.nanosecond());
        }
    }

    /// `2026-11-21T130501`.
    #[cfg_attr(docsrs, doc(cfg(feature = "time")))]
    impl CacheKey for PrimitiveDateTime {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            self.date().write_key(out);
            out.raw("T");
            self.time().write_key(out);
        }
    }

    /// In UTC: `2026-11-21T130501Z`. Two values of one instant are equal, so their offset is not in the text: where a
    /// function's result depends on it, it must be a key part of its own.
    #[cfg_attr(docsrs, doc(cfg(feature = "time")))]
    impl CacheKey for OffsetDateTime {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            if let Some(utc) = self.checked_to_offset(UtcOffset::UTC) {
                PrimitiveDateTime::new(utc.date(), utc.time()).write_key(out);
                out.raw("Z");
            } else {
                // Within a day of the first or the last year, UTC has no date for it.
                let _ = write!(out.buffer(), "@{}", self.unix_timestamp_nanos());
            }
        }
    }
}

#[cfg(feature = "rust_decimal")]
mod rust_decimal {
    use std::fmt::Write as _;

    use rust_decimal::Decimal;

    use crate::key::{CacheKey, KeyWriter};

    /// Without trailing zeros: `1.0` and `1.00` are equal, and both `1`.
    #[cfg_attr(docsrs, doc(cfg(feature = "rust_decimal")))]
    impl CacheKey for Decimal {
        fn write_key(&self, out: &mut KeyWriter<'_>) {
            let normal = self.normalize();
            let scale = usize::try_from(normal.scale()).unwrap_or_default();
            if normal.is_sign_negative() {
                out.raw("-");
            }
            let digits = normal.mantissa().unsigned_abs();
            let digits = format!("{digits:0width$}", width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let point = if scale > 0 { "." } else { "" };
            let _ = write!(out.buffer(), "{whole}{point}{fraction}");
        }
    }
}
