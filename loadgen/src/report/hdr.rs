//! HDR files that standard tools read: `.hgrm` for plotters, `.hlog` for HistogramLogAnalyzer and
//! the Java and Python libraries.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;

use crate::record::report::RunReport;

/// Nanoseconds per unit of a `.hgrm`: milliseconds, as plotters expect.
pub const HGRM_RATIO: f64 = 1e6;

/// Steps per halving of the distance to 100 %, as the Java library has by default.
const TICKS_PER_HALF: u32 = 5;

/// A histogram as the text that HdrHistogram's `outputPercentileDistribution` prints, values
/// divided by `ratio`.
pub fn hgrm(histogram: &Histogram<u64>, ratio: f64) -> String {
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    for step in percentile_steps(histogram, TICKS_PER_HALF) {
        let (value, quantile) = (step.value as f64 / ratio, step.percentile / 100.0);
        let below = step.count;
        // Writing to a String does not fail.
        let _ = if step.percentile < 100.0 {
            let odds = 1.0 / (1.0 - quantile);
            writeln!(text, "{value:12.3} {quantile:2.12} {below:10} {odds:14.2}")
        } else {
            writeln!(text, "{value:12.3} {quantile:2.12} {below:10}")
        };
    }
    let (mean, stdev) = match histogram.len() {
        0 => (0.0, 0.0),
        _ => (histogram.mean() / ratio, histogram.stdev() / ratio),
    };
    let _ = writeln!(
        text,
        "#[Mean    = {mean:12.3}, StdDeviation   = {stdev:12.3}]"
    );
    let _ = writeln!(
        text,
        "#[Max     = {:12.3}, Total count    = {:12}]",
        histogram.max() as f64 / ratio,
        histogram.len()
    );
    let _ = writeln!(
        text,
        "#[Buckets = {:12}, SubBuckets     = {:12}]",
        histogram.buckets(),
        sub_buckets(histogram.sigfig())
    );
    text
}

/// A point of the curve of percentiles.
pub(super) struct PercentileStep {
    /// The percentile looked for, 0 to 100.
    pub(super) percentile: f64,
    /// The value there: the highest that the histogram can not tell from it.
    pub(super) value: u64,
    /// Values up to it.
    pub(super) count: u64,
}

/// Percentiles in steps that halve whenever half of the distance to 100 % is gone, as
/// HdrHistogram's `PercentileIterator` takes them. The crate's own iterator counts in shares
/// instead of per cent, rounds elsewhere and now and then answers a value too far.
pub(super) fn percentile_steps(histogram: &Histogram<u64>, ticks: u32) -> Vec<PercentileStep> {
    let total = histogram.len();
    let (mut steps, mut count, mut percentile) = (Vec::new(), 0, 0.0);
    for bucket in histogram.iter_recorded() {
        count += bucket.count_at_value();
        let value = histogram.highest_equivalent(bucket.value_iterated_to());
        let reached = 100.0 * count as f64 / total as f64;
        while reached >= percentile {
            steps.push(PercentileStep {
                percentile,
                value,
                count,
            });
            if count == total {
                break;
            }
            let halvings = ((100.0 / (100.0 - percentile)).ln() / 2.0_f64.ln()).trunc();
            percentile += 100.0 / (f64::from(ticks) * (halvings + 1.0).exp2());
        }
    }
    let last = steps.last().map(|step| step.value);
    steps.extend(last.map(|value| PercentileStep {
        percentile: 100.0,
        value,
        count,
    }));
    steps
}

/// Linear steps per power of two: the power of two above twice the resolution.
fn sub_buckets(significant_digits: u8) -> u64 {
    (2 * 10_u64.pow(u32::from(significant_digits))).next_power_of_two()
}

/// Latencies of `runs` as one interval log (V1.3), a line per second. Lines carry the run's name
/// as their tag where there are several names. A run of a document without histograms of its
/// seconds has one line for its whole window.
///
/// The histograms of a document are already in the format's own encoding, so that nothing is
/// decoded here: a line is its times and that text.
pub fn hlog(runs: &[RunReport]) -> String {
    let zero = runs.first().map_or(UNIX_EPOCH, beginning);
    let epoch_s = seconds_between(UNIX_EPOCH, zero);
    let mut text = String::from("#[Histogram log format version 1.3]\n");
    let _ = writeln!(text, "#[Logged by ringload, values in nanoseconds]");
    let _ = writeln!(text, "#[StartTime: {epoch_s:.3} (seconds since epoch)]");
    let _ = writeln!(text, "#[BaseTime: {epoch_s:.3} (seconds since epoch)]");
    text.push_str(LEGEND);
    let has_names = runs.windows(2).any(|pair| pair[0].name != pair[1].name);
    for run in runs {
        let begin = seconds_between(zero, beginning(run)) + run.scenario.warmup_s;
        let tag = has_names.then(|| format!("Tag={},", tag_of(&run.name)));
        for (at_s, length_s, max_ns, histogram) in lines_of(run) {
            let _ = writeln!(
                text,
                "{}{:.3},{length_s:.3},{:.3},{histogram}",
                tag.as_deref().unwrap_or_default(),
                begin + at_s,
                max_ns as f64 / HGRM_RATIO,
            );
        }
    }
    text
}

/// The names of the columns, which readers of the format skip.
const LEGEND: &str = "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\
                      \"Interval_Compressed_Histogram\"\n";

/// Begin, length, largest value and histogram of each line of a run.
fn lines_of(run: &RunReport) -> Vec<(f64, f64, u64, &str)> {
    let seconds = run.intervals.iter().map(|second| {
        let histogram = second.histogram.as_deref()?;
        Some((second.at_s, second.length_s, second.max_ns, histogram))
    });
    let latency = &run.latency;
    seconds
        .collect::<Option<Vec<_>>>()
        .filter(|lines| !lines.is_empty())
        .unwrap_or_else(|| vec![(0.0, run.window_s, latency.max_ns, &latency.histogram)])
}

/// When a run's load began; the epoch where its document was edited beyond reading.
fn beginning(run: &RunReport) -> SystemTime {
    humantime::parse_rfc3339(&run.started).unwrap_or(UNIX_EPOCH)
}

/// Negative where `to` comes before `from`.
fn seconds_between(from: SystemTime, to: SystemTime) -> f64 {
    match to.duration_since(from) {
        Ok(after) => after.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

/// A name as a tag: the format has no quoting, so what would end a tag becomes an underscore.
fn tag_of(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            ',' | ' ' => '_',
            control if control.is_control() => '_',
            other => other,
        })
        .collect()
}
