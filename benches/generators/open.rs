//! ringload's open loop: whether it starts what it was told to start, when it was to start.
//!
//! No sample is left out of the figures. A run that did not keep its rate is what is looked for
//! here, and no accident.

use std::time::Duration;

use benches::failure::Failure;
use benches::finished::Finished;
use benches::generator::Fault;
use benches::generator::ringload::{Ringload, Run, parse};
use benches::results::{cell, table_head, table_row};
use benches::statistics::Spread;

use crate::case::CONNECTIONS;

/// Requests per second that are asked of one thread.
pub(crate) const RATE: u32 = 50_000;

/// What one open loop was.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpenSample {
    /// Achieved rate divided by the target.
    pub(crate) kept: f64,
    /// Half of the requests were sent at most so long after their intended start.
    pub(crate) lag_p50: Duration,
    lag_p99: Duration,
    p50: Duration,
    p99: Duration,
    /// A² of the gaps between sends, and its 1 % critical value.
    arrivals: (f64, f64),
    faults: Vec<Fault>,
}

impl OpenSample {
    /// Loads `url` from CPU `cpu` for `seconds`, after ringload's own warm-up.
    pub(crate) fn take(
        ringload: &Ringload,
        url: &str,
        cpu: usize,
        seconds: u32,
    ) -> Result<Self, Failure> {
        let mut command = ringload.command(cpu);
        command.args(["-c", &CONNECTIONS.to_string(), "-R", &RATE.to_string()]);
        command.args(["-d", &format!("{seconds}s"), url]);
        let finished = Finished::of("ringload", command)?;
        let sample = parse(&finished.output).and_then(|run| Self::of(&run));
        sample.ok_or_else(|| finished.unparsed("ringload"))
    }

    /// `None` where a figure is missing: the run was too short, or its loop was not open.
    fn of(run: &Run) -> Option<Self> {
        let lag = run.lag.as_ref()?;
        let arrivals = run.arrivals?;
        Some(Self {
            kept: run.rate.achieved / run.rate.target?,
            lag_p50: lag.quantile(0.5)?,
            lag_p99: lag.quantile(0.99)?,
            p50: run.latency.quantile(0.5)?,
            p99: run.latency.quantile(0.99)?,
            arrivals: (arrivals.statistic, arrivals.critical),
            faults: run.faults(),
        })
    }

    /// The names of the columns of `row`.
    pub(crate) const COLUMNS: &str = "round,achieved_of_target,lag_p50_us,lag_p99_us,p50_us,\
        p99_us,arrivals_statistic,arrivals_critical,faults";

    /// The sample as a CSV line. Nothing in it holds a comma.
    pub(crate) fn row(&self, round: usize) -> String {
        let faults: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        format!(
            "{round},{:.5},{:.1},{:.1},{:.1},{:.1},{:.3},{:.3},{}",
            self.kept,
            micros(self.lag_p50),
            micros(self.lag_p99),
            micros(self.p50),
            micros(self.p99),
            self.arrivals.0,
            self.arrivals.1,
            faults.join("; "),
        )
    }
}

/// Medians and spreads of all samples, as a Markdown table.
pub(crate) fn table(samples: &[OpenSample]) -> String {
    let figure = |figure: fn(&OpenSample) -> f64| Spread::of(samples.iter().map(figure));
    let mut table = table_head(&["figure", "found"]);
    let rows = [
        ("achieved / target", figure(|sample| sample.kept), 4),
        ("send lag, P50, µs", figure(|s| micros(s.lag_p50)), 1),
        ("send lag, P99, µs", figure(|s| micros(s.lag_p99)), 1),
        ("latency, P50, µs", figure(|s| micros(s.p50)), 0),
        ("latency, P99, µs", figure(|s| micros(s.p99)), 0),
        (
            "A² of the gaps between sends, divided by its 1 % critical value",
            figure(|sample| sample.arrivals.0 / sample.arrivals.1),
            2,
        ),
    ];
    for (name, found, digits) in rows {
        table += &table_row(&[name.to_owned(), cell(found, digits)]);
    }
    for fault in samples.iter().flat_map(|sample| &sample.faults) {
        table += &table_row(&["fault".to_owned(), fault.to_string()]);
    }
    table
}

/// For the tables.
pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const OPEN: &str = r#"{"schema":"ringload/1","runs":[{"window_s":10.0,"connecting_s":0.01,
        "totals":{"good":499900,"errors":{"timeout":3}},
        "rate":{"target":50000.0,"achieved":49990.0},
        "latency":{"quantiles":[{"q":0.5,"value_ns":61000},{"q":0.99,"value_ns":240000}]},
        "lag":{"quantiles":[{"q":0.5,"value_ns":4200},{"q":0.99,"value_ns":52000}]},
        "arrivals":{"statistic":0.9,"critical":1.8},
        "verdict":{"outcome":"sound","findings":[]}}]}"#;

    pub(crate) fn sample() -> OpenSample {
        let run = parse(OPEN).expect("it is a document");
        OpenSample::of(&run).expect("it has all figures")
    }

    #[test]
    fn a_row_has_a_value_for_each_column_and_says_what_went_wrong() {
        let row = sample().row(2);
        assert_eq!(
            row,
            "2,0.99980,4.2,52.0,61.0,240.0,0.900,1.800,errors: timeout 3"
        );
        let columns = OpenSample::COLUMNS.split(',').count();
        assert_eq!(row.split(',').count(), columns);
    }

    #[test]
    fn the_table_shows_faults_too() {
        let table = table(&[sample()]);
        assert!(table.contains("| 0.50 (0.50–0.50) |"), "{table}");
        assert!(
            table.ends_with("| fault | errors: timeout 3 |\n"),
            "{table}"
        );
    }

    #[test]
    fn a_closed_loop_is_no_sample() {
        let text = OPEN.replace(r#""target":50000.0"#, r#""target":null"#);
        let run = parse(&text).expect("it is a document");
        assert_eq!(OpenSample::of(&run), None);
    }
}
