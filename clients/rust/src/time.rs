use serde::{Deserialize, Deserializer};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's time in Unix seconds; 0 for a clock before 1970.
pub fn current_time() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

/// The Unix seconds of an RFC 3339 time in UTC, as the catalog writes it (`2026-11-29T12:00:00Z`). Fractions of a
/// second are dropped. `None` for any other text.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let clock = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let (year, month, day) = three(date, '-')?;
    let (hour, minute, second) = three(clock, ':')?;
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    if !fits {
        return None;
    }
    Some(((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn three(text: &str, separator: char) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(separator).map(|part| {
        // No longer than a year, so that no arithmetic overflows.
        if part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()) {
            part.parse::<i64>().ok()
        } else {
            None
        }
    });
    let found = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_none() {
        Some(found)
    } else {
        None
    }
}

/// The days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Reads a required time of an answer as Unix seconds.
pub(crate) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("not a time in RFC 3339"))
}

/// Reads a time of an answer that may be null or absent. Use it with `#[serde(default)]`.
pub(crate) fn optional_timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(None),
        Some(text) => parse_rfc3339(&text).map(Some).ok_or_else(|| serde::de::Error::custom("not a time in RFC 3339")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_catalog_is_read_as_unix_seconds() {
        assert_eq!(parse_rfc3339("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse_rfc3339("2000-02-29T23:59:59Z"), Some(951_868_799));
        assert_eq!(parse_rfc3339("2026-11-29T12:00:00.123Z"), Some(1_795_953_600));
        for bad in [
            "2026-11-29",
            "2026-11-29T12:00:00+01:00",
            "2026-13-01T00:00:00Z",
            "x-1-1T0:0:0Z",
            "2026-+1-01T00:00:00Z",
            "9223372036854775807-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(bad), None, "{bad}");
        }
    }
}
