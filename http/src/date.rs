//! HTTP dates (RFC 9110 §5.6.7): written as IMF-fixdate, read in all three forms. A time is a
//! number of seconds since the Unix epoch; dates before it are refused. (The `httpdate` crate does
//! the same, but its times are `std::time::SystemTime`.)

use core::str;

/// Bytes of an IMF-fixdate.
pub const DATE_BYTES: usize = 29;

/// The IMF-fixdate of `seconds` since the epoch, such as `Sun, 06 Nov 1994 08:49:37 GMT`. Times
/// after the year 9999 are written as its last second, because the form has four digits.
#[must_use]
pub fn format_date(seconds: u64) -> [u8; DATE_BYTES] {
    let seconds = seconds.min(LAST_SECOND);
    let days = seconds / DAY_SECONDS;
    let time = seconds % DAY_SECONDS;
    let (year, month, day) = civil_from_days(days);
    // The epoch was a Thursday.
    let weekday = WEEKDAYS[((days + 4) % 7) as usize];

    let mut out = *b"Ddd, 00 Mmm 0000 00:00:00 GMT";
    out[..3].copy_from_slice(&weekday.as_bytes()[..3]);
    put_digits(&mut out[5..7], day);
    out[8..11].copy_from_slice(MONTHS[month as usize - 1].as_bytes());
    put_digits(&mut out[12..16], year);
    put_digits(&mut out[17..19], time / 3600);
    put_digits(&mut out[20..22], time / 60 % 60);
    put_digits(&mut out[23..25], time % 60);
    out
}

/// The seconds since the epoch that an HTTP-date names; `None` if it is malformed or before 1970.
/// `now` places the two-digit years of the form of RFC 850: one that seems more than 50 years in
/// the future was in the past.
#[must_use]
pub fn parse_date(value: &[u8], now: u64) -> Option<u64> {
    let text = str::from_utf8(value).ok()?;
    let (weekday, rest) = text.split_at_checked(text.find([',', ' '])?)?;
    let full_name = WEEKDAYS.contains(&weekday);
    let short_name = WEEKDAYS.iter().any(|name| &name[..3] == weekday);
    let date = match rest.strip_prefix(", ") {
        Some(rest) if short_name => imf_fixdate(rest)?,
        Some(rest) if full_name => rfc850_date(rest, now)?,
        None if short_name => asctime_date(rest)?,
        Some(_) | None => return None,
    };
    date.seconds()
}

const DAY_SECONDS: u64 = 24 * 60 * 60;
const LAST_SECOND: u64 = 253_402_300_799;

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A date as it was written, not yet checked against the calendar.
struct WrittenDate<'a> {
    year: u64,
    month: &'a str,
    day: u64,
    time: &'a str,
}

impl WrittenDate<'_> {
    fn seconds(&self) -> Option<u64> {
        let month = MONTHS.iter().position(|name| *name == self.month)? as u64 + 1;
        let [hours, minutes, seconds] = clock(self.time)?;
        // 23:59:60 is a leap second, and the first second of the next day to this arithmetic.
        if hours > 23 || minutes > 59 || seconds > 60 || self.year < 1970 {
            return None;
        }
        if self.day < 1 || self.day > days_in_month(self.year, month) {
            return None;
        }
        let days = days_from_civil(self.year, month, self.day);
        Some(days * DAY_SECONDS + hours * 3600 + minutes * 60 + seconds)
    }
}

/// `06 Nov 1994 08:49:37 GMT`
fn imf_fixdate(text: &str) -> Option<WrittenDate<'_>> {
    let mut parts = text.split(' ');
    let day = digits(parts.next()?, 2)?;
    let month = parts.next()?;
    let year = digits(parts.next()?, 4)?;
    let time = parts.next()?;
    ends_in_gmt(parts).then_some(WrittenDate {
        year,
        month,
        day,
        time,
    })
}

/// `06-Nov-94 08:49:37 GMT`
fn rfc850_date(text: &str, now: u64) -> Option<WrittenDate<'_>> {
    let mut parts = text.split(' ');
    let mut date = parts.next()?.split('-');
    let day = digits(date.next()?, 2)?;
    let month = date.next()?;
    let short_year = digits(date.next()?, 2)?;
    let time = parts.next()?;
    if date.next().is_some() || !ends_in_gmt(parts) {
        return None;
    }
    let (this_year, ..) = civil_from_days(now.min(LAST_SECOND) / DAY_SECONDS);
    let latest = this_year + 50;
    let year = latest - (latest - short_year) % 100;
    Some(WrittenDate {
        year,
        month,
        day,
        time,
    })
}

/// ` Nov  6 08:49:37 1994`
fn asctime_date(text: &str) -> Option<WrittenDate<'_>> {
    let text = text.strip_prefix(' ')?;
    let (month, rest) = text.split_once(' ')?;
    let (day, rest) = rest.split_at_checked(2)?;
    let day = match day.strip_prefix(' ') {
        Some(digit) => digits(digit, 1)?,
        None => digits(day, 2)?,
    };
    let (time, year) = rest.strip_prefix(' ')?.split_once(' ')?;
    Some(WrittenDate {
        year: digits(year, 4)?,
        month,
        day,
        time,
    })
}

fn ends_in_gmt<'a>(mut parts: impl Iterator<Item = &'a str>) -> bool {
    parts.next() == Some("GMT") && parts.next().is_none()
}

fn clock(text: &str) -> Option<[u64; 3]> {
    let mut parts = text.split(':');
    let mut part = || digits(parts.next()?, 2);
    let clock = [part()?, part()?, part()?];
    parts.next().is_none().then_some(clock)
}

/// A number of exactly `count` digits; no sign and no space, which `str::parse` would allow.
fn digits(text: &str, count: usize) -> Option<u64> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

fn put_digits(out: &mut [u8], mut value: u64) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Year, month (1 to 12) and day of a day since the epoch. The calendar is counted in eras of 400
/// years that begin on a first of March, so that the leap day is the last of its year.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + ERA_START_DAYS;
    let era = days / ERA_DAYS;
    let day_of_era = days % ERA_DAYS;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// The inverse of [`civil_from_days`], for 1970 and later.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year / 400 * ERA_DAYS + day_of_era - ERA_START_DAYS
}

/// Days in 400 years.
const ERA_DAYS: u64 = 146_097;
/// Days from the first of March of the year 0 to the epoch.
const ERA_START_DAYS: u64 = 719_468;

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_SECONDS, LAST_SECOND, format_date, parse_date};

    const NOW: u64 = 1_790_000_000;

    /// The example of RFC 9110 §5.6.7.
    const EXAMPLE: u64 = 784_111_777;

    #[test]
    fn all_three_forms_name_the_same_second() {
        assert_eq!(&format_date(EXAMPLE), b"Sun, 06 Nov 1994 08:49:37 GMT");
        for form in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse_date(form.as_bytes(), NOW), Some(EXAMPLE), "{form}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_survives_a_round_trip() {
        for day in 0..160_000 {
            let seconds = day * DAY_SECONDS + day % DAY_SECONDS;
            let date = format_date(seconds);
            assert_eq!(parse_date(&date, NOW), Some(seconds), "{seconds}");
        }
        assert_eq!(
            &format_date(u64::MAX),
            b"Fri, 31 Dec 9999 23:59:59 GMT",
            "the last second that four digits can name"
        );
        assert_eq!(
            parse_date(&format_date(LAST_SECOND), NOW),
            Some(LAST_SECOND)
        );
        assert_eq!(&format_date(951_782_400), b"Tue, 29 Feb 2000 00:00:00 GMT");
    }

    /// "Recipients of a timestamp value in rfc850-date format, which uses a two-digit year, MUST
    /// interpret a timestamp that appears to be more than 50 years in the future as representing
    /// the most recent year in the past that had the same last two digits."
    #[test]
    fn two_digit_years_are_placed_by_the_clock() {
        let year = |short: &str, now| {
            let date = std::format!("Monday, 01-Jan-{short} 00:00:00 GMT");
            let full = format_date(parse_date(date.as_bytes(), now).expect("a date"));
            std::string::String::from_utf8_lossy(&full[12..16]).into_owned()
        };
        // NOW is in 2026.
        assert_eq!(year("76", NOW), "2076");
        assert_eq!(year("77", NOW), "1977");
        assert_eq!(year("00", NOW), "2000");
        assert_eq!(year("26", NOW), "2026");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for bad in [
            "",
            "Sun",
            "Sun,",
            "Son, 06 Nov 1994 08:49:37 GMT",
            "sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:00:61 GMT",
            "Sun, 06 Nov 1994 08:00 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Mon, 29 Feb 2100 08:49:37 GMT",
            "Sat, 29 Feb 2200 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 1994 GMT",
            "784111777",
        ] {
            assert_eq!(parse_date(bad.as_bytes(), NOW), None, "{bad}");
        }
    }
}
