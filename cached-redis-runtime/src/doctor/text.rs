//! Text for people, some of which comes from a server.

use core::fmt;
use core::time::Duration;

/// No name or version is longer.
const LONGEST: usize = 255;

/// What a server or a map of a cluster says, fit for a terminal: printable ASCII, and not too much of it.
pub(super) fn plain(text: &str) -> String {
    let shown = |c: char| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '?'
        }
    };
    text.chars().take(LONGEST).map(shown).collect()
}

/// Bytes, as people read them.
pub(super) struct Size(pub(super) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
        if self.0 < 1024 {
            return write!(f, "{} B", self.0);
        }
        // Tenths, as whole numbers.
        let (mut tenths, mut unit) = (u128::from(self.0) * 10 / 1024, 0);
        while tenths >= 10_240 && unit + 1 < UNITS.len() {
            tenths /= 1024;
            unit += 1;
        }
        write!(f, "{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

/// A time, as people read it.
pub(super) struct Time(pub(super) Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_micros() {
            micros @ ..1_000 => write!(f, "{micros} µs"),
            micros @ ..100_000 => write!(f, "{}.{} ms", micros / 1000, micros / 100 % 10),
            micros => write!(f, "{} ms", micros / 1000),
        }
    }
}

/// How many hundredths of `whole` that is. `None` of nothing.
pub(super) fn percent(part: u64, whole: u64) -> Option<u64> {
    let percent = (u128::from(part) * 100).checked_div(u128::from(whole))?;
    Some(u64::try_from(percent).unwrap_or(u64::MAX))
}

/// One thing, or several.
pub(super) fn count(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
