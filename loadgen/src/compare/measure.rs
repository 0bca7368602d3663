//! One measure of two sides: medians, their ratio with its interval, the rank test, and what both
//! together allow to say.

use serde::Serialize;

use crate::record::report::RunReport;
use crate::stats::{
    SIGNIFICANCE, mann_whitney, median, minimum_detectable_ratio, ratio_of_medians,
    runs_to_show_anything, runs_to_show_ratio,
};

/// Seed of the resampling: the same documents give the same intervals.
const SEED: u64 = 0x7269_6e67;

/// A measure of both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureComparison {
    /// `achieved rate`, `P99 latency` …
    pub measure: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// Whether more of it is better.
    pub more_is_better: bool,
    /// The first document's runs.
    pub a: Side,
    /// The second's.
    pub b: Side,
    /// Median of the second over median of the first; `None` where the first is 0.
    pub ratio: Option<f64>,
    /// 95 % interval of the ratio by resampling; `None` with fewer than two runs on a side.
    pub ratio_interval: Option<(f64, f64)>,
    /// Mann-Whitney, two-sided, for this measure alone.
    pub p: f64,
    /// The difference that these runs would show four times in five, as a share: 0.03 is 3 %.
    pub minimum_detectable: Option<f64>,
    /// Runs per side that would show a difference of the size found four times in five.
    pub runs_to_show: Option<u32>,
    /// What may be said.
    pub finding: Finding,
}

/// What a measure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// So many per second.
    PerSecond,
    /// Nanoseconds.
    Nanoseconds,
    /// A share of all, 0 to 1.
    Share,
}

/// The runs of one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// Runs that have the measure.
    pub runs: usize,
    /// Their median.
    pub median: f64,
    /// The lowest.
    pub min: f64,
    /// The highest.
    pub max: f64,
}

/// What may be said of the second side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Finding {
    /// Nothing: with so few runs even the clearest order may be chance.
    TooFewRuns {
        /// Runs per side with which something could be shown at all.
        needed: u32,
    },
    /// No difference shown. That is not the same as no difference.
    NoDifferenceShown,
    /// It is better.
    Better,
    /// It is worse.
    Worse,
}

/// What is compared.
struct Measure {
    name: &'static str,
    unit: Unit,
    more_is_better: bool,
    value: fn(&RunReport) -> Option<f64>,
}

const MEASURES: [Measure; 6] = [
    Measure {
        name: "achieved rate",
        unit: Unit::PerSecond,
        more_is_better: true,
        value: |run| Some(run.rate.achieved),
    },
    Measure {
        name: "P50 latency",
        unit: Unit::Nanoseconds,
        more_is_better: false,
        value: |run| quantile_ns(run, 0.5),
    },
    Measure {
        name: "P99 latency",
        unit: Unit::Nanoseconds,
        more_is_better: false,
        value: |run| quantile_ns(run, 0.99),
    },
    Measure {
        name: "errors",
        unit: Unit::Share,
        more_is_better: false,
        value: |run| Some(run.totals.error_share()),
    },
    Measure {
        name: "client CPU per response",
        unit: Unit::Nanoseconds,
        more_is_better: false,
        value: RunReport::generator_cpu_per_response_ns,
    },
    Measure {
        name: "server CPU per response",
        unit: Unit::Nanoseconds,
        more_is_better: false,
        value: RunReport::server_cpu_per_response_ns,
    },
];

/// Every measure that both sides have.
pub(super) fn compare_runs(a: &[&RunReport], b: &[&RunReport]) -> Vec<MeasureComparison> {
    MEASURES
        .iter()
        .filter_map(|measure| {
            let values = |runs: &[&RunReport]| -> Vec<f64> {
                runs.iter().filter_map(|run| (measure.value)(run)).collect()
            };
            compare_values(measure, &values(a), &values(b))
        })
        .collect()
}

fn compare_values(measure: &Measure, a: &[f64], b: &[f64]) -> Option<MeasureComparison> {
    let (side_a, side_b) = (side(a)?, side(b)?);
    let p = mann_whitney(a, b)?.p;
    let found = ratio_of_medians(a, b, SEED);
    let ratio = found.map(|found| found.ratio);
    let ratio_interval = found.and_then(|found| found.interval);
    // Both must agree: the order of the runs, and the interval of the size.
    let is_shown =
        p <= SIGNIFICANCE && ratio_interval.is_none_or(|(low, high)| !(low..=high).contains(&1.0));
    let is_more = side_b.median > side_a.median;
    let finding = if can_show_nothing(a.len(), b.len()) {
        Finding::TooFewRuns {
            needed: runs_to_show_anything(),
        }
    } else if !is_shown {
        Finding::NoDifferenceShown
    } else if is_more == measure.more_is_better {
        Finding::Better
    } else {
        Finding::Worse
    };
    Some(MeasureComparison {
        measure: measure.name,
        unit: measure.unit,
        more_is_better: measure.more_is_better,
        a: side_a,
        b: side_b,
        ratio,
        ratio_interval,
        p,
        minimum_detectable: minimum_detectable_ratio(a, b),
        runs_to_show: ratio.and_then(|ratio| runs_to_show_ratio(a, b, ratio)),
        finding,
    })
}

fn quantile_ns(run: &RunReport, q: f64) -> Option<f64> {
    Some(run.latency.quantile(q)?.value_ns as f64)
}

fn side(values: &[f64]) -> Option<Side> {
    Some(Side {
        runs: values.len(),
        median: median(values)?,
        min: values.iter().copied().min_by(f64::total_cmp)?,
        max: values.iter().copied().max_by(f64::total_cmp)?,
    })
}

/// Whether even the clearest order of the runs, all of one side before all of the other, comes by
/// chance too often: 2 / C(a + b, a) is above the level.
fn can_show_nothing(a: usize, b: usize) -> bool {
    let divisions: f64 = (1..=a).map(|at| (b + at) as f64 / at as f64).product();
    2.0 / divisions > SIGNIFICANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_runs_each_or_three_against_five_can_show_something() {
        for (a, b, nothing) in [
            (1, 1, true),
            (1, 30, true),
            (3, 3, true),
            (3, 4, true),
            (3, 5, false),
            (4, 4, false),
            (2, 7, true),
            (2, 8, false),
        ] {
            assert_eq!(can_show_nothing(a, b), nothing, "{a} {b}");
            assert_eq!(can_show_nothing(b, a), nothing, "{b} {a}");
        }
    }
}
