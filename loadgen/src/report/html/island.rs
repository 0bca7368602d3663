//! The data of the charts: curves and seconds, thinned to what a screen can show.

use serde_json::{Value, json};

use super::{COLORS, LabeledRun};
use crate::record::report::{Interval, RunReport};
use crate::report::figure::printable;
use crate::report::hdr::percentile_steps;
use crate::stats::{decode, new_histogram};

/// Points per halving of the distance to 100 %: a smooth curve.
const TICKS_PER_HALF: u32 = 20;
/// Points over time per run.
const POINTS_MAX: usize = 1_000;
/// Runs drawn; the others are in the tables only.
const RUNS_MAX: usize = 24;

/// What the script reads.
pub(super) fn island(runs: &[LabeledRun<'_>]) -> Value {
    let drawn = runs.iter().take(RUNS_MAX);
    json!({ "runs": drawn.map(run_value).collect::<Vec<_>>() })
}

/// Seconds that a point over time stands for, at most.
pub(super) fn seconds_per_point(runs: &[LabeledRun<'_>]) -> usize {
    let drawn = runs.iter().take(RUNS_MAX);
    drawn
        .map(|one| group_length(&one.run.intervals))
        .max()
        .unwrap_or(1)
}

fn run_value(labeled: &LabeledRun<'_>) -> Value {
    let run = labeled.run;
    json!({
        "label": printable(&labeled.label),
        "color": labeled.color % COLORS,
        "dashed": labeled.color >= COLORS,
        "target": run.rate.target,
        "count": run.latency.count,
        "curve": curve(run),
        "points": points(&run.intervals),
    })
}

/// Pairs of percentile and nanoseconds. A histogram that can not be read leaves the quantiles that
/// the document tells.
fn curve(run: &RunReport) -> Vec<(f64, u64)> {
    match run.latency.histogram() {
        Ok(histogram) => percentile_steps(&histogram, TICKS_PER_HALF)
            .into_iter()
            .map(|step| (step.percentile, step.value))
            .collect(),
        Err(_) => {
            let listed = run.latency.quantiles.iter();
            listed.map(|one| (one.q * 100.0, one.value_ns)).collect()
        }
    }
}

fn group_length(intervals: &[Interval]) -> usize {
    intervals.len().div_ceil(POINTS_MAX).max(1)
}

/// Middle of the time, responses per second, errors per second, P50, P90, P99 and maximum.
fn points(intervals: &[Interval]) -> Vec<Value> {
    let groups = intervals.chunks(group_length(intervals));
    groups.filter_map(point).collect()
}

fn point(group: &[Interval]) -> Option<Value> {
    let (first, last) = (group.first()?, group.last()?);
    let end = last.at_s + last.length_s;
    let length: f64 = group.iter().map(|second| second.length_s).sum();
    if length <= 0.0 {
        return None;
    }
    let per_second = |count: fn(&Interval) -> u64| {
        let sum: u64 = group.iter().map(count).sum();
        sum as f64 / length
    };
    let responses = per_second(|second| second.responses);
    // A second in which nothing ended has no latency: a gap, not a zero.
    let quantiles = (responses > 0.0).then(|| merged_quantiles(group));
    Some(json!([
        f64::midpoint(first.at_s, end),
        responses,
        per_second(|second| second.errors),
        quantiles.map(|one| one[0]),
        quantiles.map(|one| one[1]),
        quantiles.map(|one| one[2]),
        quantiles.map(|one| one[3]),
    ]))
}

/// P50, P90, P99 and maximum of a group. Quantiles are never averaged: histograms are merged, and
/// where a document has none, the worst second stands for its group.
fn merged_quantiles(group: &[Interval]) -> [u64; 4] {
    if let [only] = group {
        return [only.p50_ns, only.p90_ns, only.p99_ns, only.max_ns];
    }
    let mut merged = new_histogram();
    let all_merged = group.iter().all(|second| {
        let text = second.histogram.as_deref();
        let histogram = text.and_then(|text| decode(text).ok());
        histogram.is_some_and(|histogram| merged.add(histogram).is_ok())
    });
    let worst = |of: fn(&Interval) -> u64| group.iter().map(of).max().unwrap_or(0);
    let max = worst(|second| second.max_ns);
    if all_merged && !merged.is_empty() {
        let [p50, p90, p99] = [0.5, 0.9, 0.99].map(|q| merged.value_at_quantile(q));
        [p50, p90, p99, max]
    } else {
        let p50 = worst(|second| second.p50_ns);
        let p90 = worst(|second| second.p90_ns);
        [p50, p90, worst(|second| second.p99_ns), max]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::encode;

    /// A second of `count` equal values, with the text of its histogram.
    fn second(value_ns: u64, count: u64) -> Interval {
        let mut histogram = new_histogram();
        histogram.record_n(value_ns, count).expect("in bounds");
        Interval {
            at_s: 0.0,
            length_s: 1.0,
            responses: count,
            errors: 0,
            received_bytes: 0,
            p50_ns: value_ns,
            p90_ns: value_ns,
            p99_ns: value_ns,
            max_ns: value_ns,
            histogram: Some(encode(&histogram)),
        }
    }

    #[test]
    fn a_long_run_is_thinned_by_merging() {
        // Every second second is slow and has one request of ten.
        let (fast, slow) = (second(1_000, 9), second(1_000_000, 1));
        let mut seconds = vec![[fast, slow]; POINTS_MAX].concat();
        for (at, second) in seconds.iter_mut().enumerate() {
            second.at_s = at as f64;
        }
        let merged = points(&seconds);
        assert_eq!(merged.len(), POINTS_MAX);
        assert_eq!((&merged[1][0], &merged[1][1]), (&json!(3.0), &json!(5.0)));
        assert_eq!(merged[1][3], 1_000, "the median of the merged histogram");
        assert!(merged[1][6].as_u64() >= Some(1_000_000));
        for second in &mut seconds {
            second.histogram = None;
        }
        let worst = points(&seconds);
        assert_eq!(worst[1][3], 1_000_000, "without histograms the worst");
    }

    #[test]
    fn a_second_without_answers_is_a_gap() {
        let points = points(&[second(1_000, 5), second(1, 0)]);
        assert_eq!(points[1][1], 0.0);
        assert!(points[1][3].is_null(), "{points:?}");
    }
}
