//! `"1h30m"`: one or more whole numbers, each with a unit. Pure.

use std::ops::Range;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) at: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    Empty,
    /// A unit or some other character where a number must stand.
    NoNumber,
    /// A number with nothing behind it.
    NoUnit,
    UnknownUnit,
    TooLong,
}

/// The duration in milliseconds.
pub(crate) fn parse(text: &str) -> Result<u64, Problem> {
    let problem = |kind, at| Err(Problem { kind, at });
    if text.is_empty() {
        return problem(ProblemKind::Empty, 0..0);
    }
    let mut total: u64 = 0;
    let mut at = 0;
    while at < text.len() {
        let number = run(text, at, |c| c.is_ascii_digit());
        if number.is_empty() {
            let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            return problem(ProblemKind::NoNumber, at..end);
        }
        let unit = run(text, number.end, |c| !c.is_ascii_digit());
        let scale: u64 = match &text[unit.clone()] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "" => return problem(ProblemKind::NoUnit, number),
            _ => return problem(ProblemKind::UnknownUnit, unit),
        };
        let sum = text[number.clone()]
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(scale))
            .and_then(|n| total.checked_add(n));
        match sum {
            Some(sum) => total = sum,
            None => return problem(ProblemKind::TooLong, number),
        }
        at = unit.end;
    }
    Ok(total)
}

fn run(text: &str, start: usize, belongs: impl Fn(char) -> bool) -> Range<usize> {
    let length = text[start..].find(|c| !belongs(c));
    start..length.map_or(text.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::{Problem, ProblemKind, parse};

    #[test]
    fn reads_every_unit() {
        let cases = [
            ("500ms", 500),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("2d", 172_800_000),
            ("1d2h3m4s5ms", 93_784_005),
            ("0s", 0),
        ];
        for (text, millis) in cases {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn says_where_it_went_wrong() {
        let cases = [
            ("", ProblemKind::Empty, 0..0),
            ("60", ProblemKind::NoUnit, 0..2),
            ("1h30", ProblemKind::NoUnit, 2..4),
            ("h", ProblemKind::NoNumber, 0..1),
            ("-1s", ProblemKind::NoNumber, 0..1),
            ("é", ProblemKind::NoNumber, 0..2),
            ("1.5h", ProblemKind::UnknownUnit, 1..2),
            ("1 h", ProblemKind::UnknownUnit, 1..3),
            ("1hour", ProblemKind::UnknownUnit, 1..5),
            ("99999999999999999999d", ProblemKind::TooLong, 0..20),
            ("18446744073709551615ms1ms", ProblemKind::TooLong, 22..23),
        ];
        for (text, kind, at) in cases {
            assert_eq!(parse(text), Err(Problem { kind, at }), "{text}");
        }
    }
}
