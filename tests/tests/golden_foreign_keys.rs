//! The text of other crates' types in keys, character by character, and that no two values share one.

use std::collections::HashSet;
use std::fmt::Debug;

use cached_redis_runtime::{CacheKey, key};
use proptest::prelude::*;

fn text(value: impl CacheKey) -> String {
    let key = key!("v:<value>");
    key.as_str()["v:".len()..].to_owned()
}

/// One text exactly if they are equal, and nothing in it that a template could separate with.
fn agree<T: CacheKey + PartialEq + Debug>(one: &T, other: &T) {
    assert_eq!(one == other, text(one) == text(other), "{one:?} {other:?}");
    let clean = |ch: char| ch.is_ascii_alphanumeric() || "-._@+".contains(ch);
    assert!(text(one).chars().all(clean), "{one:?}");
}

mod uuids {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn golden() {
        let id = Uuid::from_u128(0x67E5_5044_10B1_426F_9247_BB68_0E5F_E0C8);
        assert_eq!(text(id), "67e55044-10b1-426f-9247-bb680e5fe0c8");
        assert_eq!(
            text(Some(Uuid::nil())),
            "00000000-0000-0000-0000-000000000000"
        );
    }

    proptest! {
        #[test]
        fn apart(a: u128, b: u128) {
            agree(&Uuid::from_u128(a), &Uuid::from_u128(b));
        }
    }
}

mod chronos {
    use super::*;
    use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a date")
    }

    fn time(hour: u32, minute: u32, second: u32, nano: u32) -> NaiveTime {
        NaiveTime::from_hms_nano_opt(hour, minute, second, nano).expect("a time")
    }

    #[test]
    fn golden() {
        assert_eq!(text(date(2026, 11, 21)), "2026-11-21");
        assert_eq!(text(date(7, 1, 2)), "0007-01-02");
        assert_eq!(text(date(-7, 1, 2)), "-0007-01-02");
        assert_eq!(text(date(12_026, 1, 2)), "+12026-01-02");
        assert_eq!(text(time(13, 5, 1, 0)), "130501");
        assert_eq!(text(time(13, 5, 1, 50_000_000)), "130501.050000000");
        assert_eq!(text(time(23, 59, 59, 1_500_000_000)), "235959.1500000000");
        let at = NaiveDateTime::new(date(2026, 11, 21), time(13, 5, 1, 1));
        assert_eq!(text(at), "2026-11-21T130501.000000001");
        let at: DateTime<Utc> = "2026-11-21T15:05:01+02:00".parse().expect("an instant");
        assert_eq!(text(at), "2026-11-21T130501Z");
        assert_eq!(text(NaiveDate::MIN), "-262143-01-01");
        assert_eq!(text(NaiveDate::MAX), "+262142-12-31");
    }

    fn any_time() -> impl Strategy<Value = NaiveTime> {
        let nanos = prop_oneof![Just(0), 0..1_000_000_000_u32];
        let plain = (0..86_400_u32, nanos).prop_map(|(s, n)| {
            NaiveTime::from_num_seconds_from_midnight_opt(s, n).expect("a time")
        });
        let leap = (0..1440_u32, 1_000_000_000..2_000_000_000_u32).prop_map(|(m, n)| {
            NaiveTime::from_num_seconds_from_midnight_opt(60 * m + 59, n).expect("a time")
        });
        prop_oneof![plain, leap]
    }

    fn any_date() -> impl Strategy<Value = NaiveDate> {
        let span = NaiveDate::MAX
            .signed_duration_since(NaiveDate::MIN)
            .num_days();
        (0..=u64::try_from(span).expect("positive")).prop_map(|days| {
            NaiveDate::MIN
                .checked_add_days(Days::new(days))
                .expect("a date")
        })
    }

    proptest! {
        #[test]
        fn apart(a in any_date(), b in any_date(), at in any_time(), bt in any_time()) {
            agree(&a, &b);
            agree(&at, &bt);
            agree(&a.and_time(at), &b.and_time(bt));
            agree(&a.and_time(at).and_utc(), &a.and_time(bt).and_utc());
        }
    }
}

mod times {
    use super::*;
    use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

    fn date(year: i32, month: Month, day: u8) -> Date {
        Date::from_calendar_date(year, month, day).expect("a date")
    }

    #[test]
    fn golden() {
        let day = date(2026, Month::November, 21);
        let noon = Time::from_hms_nano(13, 5, 1, 1).expect("a time");
        assert_eq!(text(day), "2026-11-21");
        assert_eq!(text(date(-7, Month::January, 2)), "-0007-01-02");
        assert_eq!(text(Time::MIDNIGHT), "000000");
        assert_eq!(text(noon), "130501.000000001");
        let at = PrimitiveDateTime::new(day, noon);
        assert_eq!(text(at), "2026-11-21T130501.000000001");
        assert_eq!(text(at.assume_utc()), "2026-11-21T130501.000000001Z");
        // As chrono's, so that two services may share their entries.
        assert_eq!(
            text(OffsetDateTime::UNIX_EPOCH),
            text(chrono::DateTime::UNIX_EPOCH)
        );
    }

    #[test]
    fn one_instant_in_two_offsets_is_one_text() {
        let utc = OffsetDateTime::UNIX_EPOCH;
        let there = utc.to_offset(UtcOffset::from_hms(5, 30, 0).expect("an offset"));
        assert_eq!(utc, there);
        assert_eq!(text(utc), text(there));
    }

    #[test]
    fn an_instant_without_a_date_in_utc() {
        let east = UtcOffset::from_hms(-2, 0, 0).expect("an offset");
        let last = PrimitiveDateTime::MAX.assume_offset(east);
        assert!(text(last).starts_with("@2"), "{}", text(last));
    }

    proptest! {
        #[test]
        fn apart(a in 0..86_400_i64, b in 0..86_400_i64, hours in -12..12_i8) {
            let offset = UtcOffset::from_hms(hours, 0, 0).expect("an offset");
            let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds * 40_000).expect("an instant");
            agree(&at(a), &at(b).to_offset(offset));
            agree(&at(a).to_offset(offset), &at(a));
            agree(&at(a).time(), &at(b).time());
            agree(&at(a).date(), &at(b).date());
        }
    }
}

mod decimals {
    use super::*;
    use rust_decimal::Decimal;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn golden() {
        assert_eq!(text(decimal("1.0")), "1");
        assert_eq!(text(decimal("1.00")), "1");
        assert_eq!(text(decimal("100")), "100");
        assert_eq!(text(decimal("0.050")), "0.05");
        assert_eq!(text(decimal("-12.340")), "-12.34");
        assert_eq!(text(decimal("-0.00")), "0");
        assert_eq!(text(Decimal::MAX), "79228162514264337593543950335");
        assert_eq!(
            text(Decimal::from_i128_with_scale(1, 28)),
            "0.0000000000000000000000000001"
        );
    }

    #[test]
    fn as_the_crate_shows_the_normalized_number() {
        let numbers = ["7", "-7", "0.1", "-0.0001", "12345.6789", "1000.500"].map(decimal);
        for number in numbers {
            assert_eq!(text(number), number.normalize().to_string());
        }
        assert_eq!(numbers.map(text).iter().collect::<HashSet<_>>().len(), 6);
    }

    proptest! {
        #[test]
        fn apart(a: i64, b: i64, scale in 0..28_u32, zeros in 0..6_u32) {
            let one = Decimal::from_i128_with_scale(a.into(), scale);
            agree(&one, &Decimal::from_i128_with_scale(b.into(), scale));
            agree(&one, &Decimal::from_i128_with_scale(a.into(), (scale + 1).min(28)));
            if scale + zeros <= 28 {
                let padded = i128::from(a) * 10_i128.pow(zeros);
                agree(&one, &Decimal::from_i128_with_scale(padded, scale + zeros));
            }
        }
    }
}
