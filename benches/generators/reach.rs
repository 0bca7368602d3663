//! What ringload promises, and whether the run kept it.

use benches::load::Sample;
use benches::results::{Results, cell, table_head, table_row};
use benches::site::SiteFile;
use benches::statistics::Spread;

use crate::Own;
use crate::case::{Closed, Host, Work};
use crate::contestant::Contestant::{self, Ringload, Wrk};
use crate::hold::{HoldSample, peak_mb};
use crate::open::micros;

/// A server (or a generator) that uses so much of its CPU is the limit.
pub(crate) const LIMIT: f64 = 0.97;

/// What a promise allows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
    Under(f64),
}

/// One promise, and what the run gave; `None` when it did not look.
#[derive(Debug, PartialEq)]
struct Reach {
    promise: String,
    bound: Bound,
    found: Option<Spread>,
    digits: usize,
}

/// All promises, as a Markdown table.
pub(crate) fn table(results: &Results<Closed, Contestant>, own: &Own) -> String {
    let mut table = table_head(&["promise", "bound", "found", ""]);
    let generators = Host::ALL.map(|host| generator(results, host));
    for reach in generators.into_iter().chain(own_promises(own)) {
        let verdict = reach.verdict();
        table += &table_row(&[
            reach.promise,
            reach.bound.text(),
            cell(reach.found, reach.digits),
            verdict.to_owned(),
        ]);
    }
    table
}

/// What a request costs the generator. Where the server is the limit in both, its promise is told
/// as CPU time, else as what a core of it would do: one is the other's reciprocal.
fn generator(results: &Results<Closed, Contestant>, host: Host) -> Reach {
    let work = Work::File(SiteFile::Kib1);
    let case = Closed { host, work };
    let ratio = |figure: fn(&Sample) -> f64| results.ratio_of(case, Ringload, Wrk, figure);
    let is_limit = |contestant| {
        let used = results.load(case, contestant, |sample| sample.server_use);
        used.is_some_and(|used| used.median >= LIMIT)
    };
    match is_limit(Wrk) && is_limit(Ringload) {
        true => Reach {
            promise: format!("{case}: client CPU per request, {Ringload} / {Wrk} (server's limit)"),
            bound: Bound::AtMost(0.8),
            found: ratio(Sample::client_cpu_us),
            digits: 2,
        },
        false => Reach {
            promise: format!("{case}: requests/s per client core, {Ringload} / {Wrk}"),
            bound: Bound::AtLeast(1.25),
            found: ratio(Sample::requests_per_client_second),
            digits: 2,
        },
    }
}

fn own_promises(own: &Own) -> [Reach; 5] {
    let Own { opens, holds } = own;
    let off = |kept: f64| (kept - 1.0).abs() * 100.0;
    // One lost connection in one round would not move a median.
    let lost = (!holds.is_empty()).then(|| holds.iter().map(HoldSample::lost).sum::<u32>());
    [
        Reach {
            promise: "open loop: achieved rate off its target, %".to_owned(),
            bound: Bound::AtMost(0.5),
            found: Spread::of(opens.iter().map(|sample| off(sample.kept))),
            digits: 2,
        },
        Reach {
            promise: "open loop: median send lag, µs".to_owned(),
            bound: Bound::Under(100.0),
            found: Spread::of(opens.iter().map(|sample| micros(sample.lag_p50))),
            digits: 1,
        },
        Reach {
            promise: "hold: seconds to open all connections".to_owned(),
            bound: Bound::Under(20.0),
            found: Spread::of(holds.iter().map(HoldSample::opening_s)),
            digits: 2,
        },
        Reach {
            promise: "hold: peak RSS of the client, MB".to_owned(),
            bound: Bound::Under(60.0),
            found: Spread::of(holds.iter().map(peak_mb)),
            digits: 1,
        },
        Reach {
            promise: "hold: connections not alive at the end, all rounds together".to_owned(),
            bound: Bound::AtMost(0.0),
            found: Spread::of(lost.map(f64::from)),
            digits: 0,
        },
    ]
}

impl Reach {
    /// PASS or MISS, by the median.
    fn verdict(&self) -> &'static str {
        match self.found {
            Some(found) if self.bound.holds(found.median) => "PASS",
            Some(_) => "MISS",
            None => "not measured",
        }
    }
}

impl Bound {
    fn holds(self, found: f64) -> bool {
        match self {
            Self::AtLeast(bound) => found >= bound,
            Self::AtMost(bound) => found <= bound,
            Self::Under(bound) => found < bound,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(bound) => format!("at least {bound}"),
            Self::AtMost(bound) => format!("at most {bound}"),
            Self::Under(bound) => format!("under {bound}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use benches::generator::Report;

    use super::*;
    use crate::{hold, open};

    const CASE: Closed = Closed {
        host: Host::Nginx,
        work: Work::File(SiteFile::Kib1),
    };

    /// 100,000 requests in a second, for so much of the client's CPU and the server's.
    fn sample(client_ms: u64, server_use: f64) -> Sample {
        Sample {
            cpu_us: 10.0,
            user_us: 2.0,
            server_use,
            report: Report {
                requests: 100_000,
                seconds: 1.0,
                loaded_seconds: 1.0,
                p50: Duration::from_micros(300),
                p99: Duration::from_micros(900),
                cpu: Duration::from_millis(client_ms),
                faults: Vec::new(),
            },
            steal_ticks: 0,
        }
    }

    fn results(wrk: Sample, ringload: Sample) -> Results<Closed, Contestant> {
        let mut results = Results::default();
        results.push(CASE, 0, Wrk, wrk);
        results.push(CASE, 0, Ringload, ringload);
        results
    }

    #[test]
    fn a_client_at_its_limit_is_judged_by_requests_per_core() {
        for (under_wrk, under_ringload) in [(0.9, 0.99), (0.99, 0.9)] {
            let results = results(sample(1000, under_wrk), sample(800, under_ringload));
            let reach = generator(&results, CASE.host);
            assert_eq!(reach.bound, Bound::AtLeast(1.25));
            assert_eq!(reach.found.map(|found| found.median), Some(1.25));
            assert_eq!(reach.verdict(), "PASS");
        }
    }

    #[test]
    fn where_the_server_is_the_limit_of_both_the_cost_is_judged() {
        let reach = generator(&results(sample(1000, 0.98), sample(875, 0.97)), CASE.host);
        assert_eq!(reach.bound, Bound::AtMost(0.8));
        assert_eq!(reach.found.map(|found| found.median), Some(0.875));
        assert_eq!(reach.verdict(), "MISS");
    }

    #[test]
    fn what_was_not_run_is_not_passed() {
        let table = table(&Results::default(), &Own::default());
        assert_eq!(table.matches("| not measured |").count(), 8, "{table}");
        assert!(!table.contains("PASS"), "{table}");
    }

    #[test]
    fn one_lost_connection_is_a_miss_whatever_the_median() {
        let own = Own {
            opens: vec![open::tests::sample()],
            holds: vec![hold::tests::sample()],
        };
        let verdicts = own_promises(&own).map(|reach| reach.verdict());
        assert_eq!(verdicts, ["PASS", "PASS", "PASS", "PASS", "MISS"]);
    }
}
