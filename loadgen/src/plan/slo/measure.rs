//! What a threshold is about, and what a run has of it.

use std::fmt;
use std::time::Duration;

use crate::plan::nearest::nearest;
use crate::plan::units;
use crate::record::ErrorKind;
use crate::record::report::{Distribution, RunReport};

/// Something that a run has a number for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Measure {
    /// A time of a distribution.
    Time(Series, Statistic),
    /// The share of requests that went wrong, failed connects included; in this way only, where
    /// one is named.
    ErrorShare(Option<ErrorKind>),
    /// How many went wrong.
    ErrorCount(Option<ErrorKind>),
    /// Responses per second. Whether an open loop had the rate that was asked for is for the
    /// verdict to say, which knows how much of a difference is chance.
    Rate,
}

/// Which distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Series {
    Latency,
    Service,
    Lag,
}

/// Which number of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    Quantile(f64),
    Mean,
    Max,
    Min,
}

/// What a run has, in the unit that it is shown in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Found {
    Seconds(f64),
    Share(f64),
    Count(u64),
    PerSecond(f64),
}

const NAMES: [&str; 7] = ["p99", "errors", "rate", "mean", "max", "min", "lag_p99"];
const FORMS: &str = "write p50, p99, p99.9 …, mean, min or max (with lag_ or service_ in front for those), errors \
     (of one kind as in errors_reset) or rate";

impl Measure {
    /// The measure that `name` means and its limit in base units: seconds, shares of 1, counts.
    pub(super) fn parse(name: &str, limit: &str) -> Result<(Measure, f64), String> {
        let wrong = |error: units::UnitError| format!("has a limit that {error}");
        if let Some(kinds) = name.strip_prefix("errors") {
            let kind = error_kind(kinds).ok_or_else(|| unknown(name))?;
            if limit.ends_with('%') {
                return Ok((
                    Measure::ErrorShare(kind),
                    units::share(limit).map_err(wrong)?,
                ));
            }
            let count = units::count(limit).map_err(|error| {
                format!("has a limit that {error}; or write a share as in errors<0.1%")
            })?;
            return Ok((Measure::ErrorCount(kind), count as f64));
        }
        match name {
            "rate" => Ok((Measure::Rate, units::rate(limit).map_err(wrong)?)),
            _ => {
                let (series, statistic) = series_of(name);
                let statistic = statistic_of(statistic).ok_or_else(|| unknown(name))?;
                let limit = units::time(limit).map_err(wrong)?.as_secs_f64();
                Ok((Measure::Time(series, statistic), limit))
            }
        }
    }

    /// What a run has; `None` where that cannot be said.
    pub(super) fn find(self, run: &RunReport, limit: f64) -> Option<Found> {
        let all: u64 = run.totals.errors.values().sum();
        let ended = run.totals.good + all;
        let errors = |kind: Option<ErrorKind>| match kind {
            None => all,
            Some(kind) => run.totals.errors.get(&kind).copied().unwrap_or(0),
        };
        match self {
            Measure::Time(series, statistic) => {
                let distribution = match series {
                    Series::Latency => &run.latency,
                    Series::Service => run.service.as_ref().unwrap_or(&run.latency),
                    Series::Lag => run.lag.as_ref()?,
                };
                statistic.find(distribution).map(Found::Seconds)
            }
            Measure::ErrorShare(kind) => {
                let errors = errors(kind);
                // A share below 1/n cannot be told from none by n requests; errors that are
                // there can.
                let is_told = errors > 0 || ended as f64 * limit >= 1.0 || limit == 0.0;
                (ended > 0 && is_told).then(|| Found::Share(errors as f64 / ended as f64))
            }
            Measure::ErrorCount(kind) => (ended > 0).then_some(Found::Count(errors(kind))),
            Measure::Rate => (run.window_s > 0.0).then_some(Found::PerSecond(run.rate.achieved)),
        }
    }
}

impl Statistic {
    fn find(self, distribution: &Distribution) -> Option<f64> {
        if distribution.count == 0 {
            return None;
        }
        let nanoseconds = match self {
            Statistic::Quantile(q) => distribution.quantile(q)?.value_ns as f64,
            Statistic::Mean => distribution.mean_ns,
            Statistic::Max => distribution.max_ns as f64,
            Statistic::Min => distribution.min_ns as f64,
        };
        Some(nanoseconds / 1e9)
    }
}

impl Found {
    /// The number in base units.
    pub(super) fn value(self) -> f64 {
        match self {
            Found::Seconds(value) | Found::Share(value) | Found::PerSecond(value) => value,
            Found::Count(count) => count as f64,
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Seconds(seconds) => {
                let time = Duration::try_from_secs_f64(*seconds).unwrap_or(Duration::MAX);
                write!(f, "{time:.3?}")
            }
            Found::Share(share) => write!(f, "{}%", rounded(share * 100.0)),
            Found::Count(count) => write!(f, "{count}"),
            Found::PerSecond(rate) => write!(f, "{rate:.1}/s"),
        }
    }
}

/// Four digits behind the point, and no zeros at the end.
fn rounded(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What stands behind `errors`: nothing, or a kind as in `_closed_early`.
fn error_kind(text: &str) -> Option<Option<ErrorKind>> {
    if text.is_empty() {
        return Some(None);
    }
    let name = text.strip_prefix('_')?.replace('_', "-");
    let kind = ErrorKind::ALL.into_iter().find(|kind| kind.name() == name);
    kind.map(Some)
}

fn series_of(name: &str) -> (Series, &str) {
    if let Some(rest) = name.strip_prefix("lag_") {
        (Series::Lag, rest)
    } else if let Some(rest) = name.strip_prefix("service_") {
        (Series::Service, rest)
    } else {
        (
            Series::Latency,
            name.strip_prefix("latency_").unwrap_or(name),
        )
    }
}

fn statistic_of(name: &str) -> Option<Statistic> {
    match name {
        "mean" | "avg" => Some(Statistic::Mean),
        "max" => Some(Statistic::Max),
        "min" => Some(Statistic::Min),
        "median" => Some(Statistic::Quantile(0.5)),
        _ => {
            let percent: f64 = name.strip_prefix('p')?.parse().ok()?;
            (percent > 0.0 && percent < 100.0).then_some(Statistic::Quantile(percent / 100.0))
        }
    }
}

fn unknown(name: &str) -> String {
    match nearest(name, NAMES) {
        Some(meant) => format!("measures \"{name}\"; did you mean {meant}?"),
        None => format!("measures \"{name}\", which no run has; {FORMS}"),
    }
}
