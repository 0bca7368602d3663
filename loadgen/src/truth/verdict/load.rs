//! Whether the load was the load that was asked for, and whether there was enough of it.

use crate::record::report::{Finding, Level, RunReport};

use super::figures::{count, counted, percent};
use super::finding;

/// Less of the target than this, and the run is of another load (wrk2, mutilate and Lancet agree
/// that it must be looked at; the bound is ours).
const ACHIEVED_SHARE_MIN: f64 = 0.99;
/// The number of Poisson starts in a window is itself random; one that strays further than this
/// many standard deviations is no chance.
const CHANCE_DEVIATIONS: f64 = 4.0;
/// Anderson-Darling at this multiple of its 1 % critical value (Lancet's `check_interarrival`).
const ARRIVAL_MULTIPLE_MAX: f64 = 2.0;
/// Below it no P99 is printed: n(1-q) >= 10.
const SAMPLES_MIN: u64 = 1_000;

/// What is found.
pub(super) fn findings(run: &RunReport) -> impl Iterator<Item = Finding> {
    [
        responses(run),
        connections(run),
        achieved(run),
        arrivals(run),
        samples(run),
        closed_loop(run),
    ]
    .into_iter()
    .flatten()
}

/// Lateness beside the mean gap below which sends that leave together bias nothing.
const LATENESS_SHARE_MAX: f64 = 0.1;

fn responses(run: &RunReport) -> Option<Finding> {
    (run.rate.achieved <= 0.0).then(|| {
        let kinds: Vec<&str> = run.totals.errors.keys().map(|kind| kind.name()).collect();
        let kinds = if kinds.is_empty() {
            "no error was seen either".to_owned()
        } else {
            format!("errors: {}", kinds.join(", "))
        };
        finding(
            Level::Fatal,
            "no-responses",
            format!(
                "Not one response came in {:.1} s ({kinds}): check the URL and that the server \
                 answers it.",
                run.window_s
            ),
        )
    })
}

/// Who opens a connection per request has none that stands.
fn connections(run: &RunReport) -> Option<Finding> {
    let (wanted, had) = (
        u64::from(run.scenario.connections),
        run.totals.connections_at_start,
    );
    (run.scenario.keep_alive && had < wanted).then(|| {
        finding(
            Level::Fatal,
            "connections",
            format!(
                "Only {} of {} stood when the load began: raise the server's limits, or open \
                 them slower with --connect-rate.",
                count(had),
                counted(wanted, "connection")
            ),
        )
    })
}

fn achieved(run: &RunReport) -> Option<Finding> {
    let target = run.rate.target.filter(|target| *target > 0.0)?;
    let share = run.rate.achieved / asked(run, target);
    (share < ACHIEVED_SHARE_MIN).then(|| {
        finding(
            Level::Fatal,
            "achieved-rate",
            format!(
                "{:.1} responses per second are {} of the {:.1} asked for, under {}: the latencies \
                 are not those of that load; lower --rate, or add connections or threads if the \
                 server has room.",
                run.rate.achieved,
                percent(share),
                asked(run, target),
                percent(ACHIEVED_SHARE_MIN)
            ),
        )
    })
}

/// What the schedule asked for: a draw of Poisson starts holds a few more or less than the rate
/// says, but never so few that chance does not explain it.
fn asked(run: &RunReport, target: f64) -> f64 {
    if run.scenario.arrival.as_deref() != Some("poisson") || run.window_s <= 0.0 {
        return target;
    }
    let drawn = run.totals.requests as f64 / run.window_s;
    let least = target - CHANCE_DEVIATIONS * (target / run.window_s).sqrt();
    drawn.max(least).min(target)
}

/// Sends are as late as a wake-up takes, and starts closer together than that leave together. That
/// biases nothing as long as a wake-up is short beside the gaps.
fn arrivals(run: &RunReport) -> Option<Finding> {
    let check = run.arrivals?;
    let bound = ARRIVAL_MULTIPLE_MAX * check.critical;
    if check.statistic < bound {
        return None;
    }
    let seen = format!(
        "The gaps between {} sends are not exponential (A² = {:.1}, bound {bound:.1})",
        count(check.samples),
        check.statistic
    );
    let gap_ns = f64::from(run.scenario.threads) * 1e9 / run.rate.achieved;
    let lag = run.lag.as_ref().and_then(|lag| lag.quantile(0.5));
    let finding_of = |level, what: &str| finding(level, "arrivals", format!("{seen}: {what}"));
    Some(match lag {
        Some(lag) if (lag.value_ns as f64) < gap_ns * LATENESS_SHARE_MAX => finding_of(
            Level::Note,
            "starts closer together than the generator's lateness left together; it is short \
             beside the mean gap.",
        ),
        Some(_) | None => finding_of(
            Level::Warning,
            "the generator sent in bursts; give it more threads or a lower rate.",
        ),
    })
}

fn samples(run: &RunReport) -> Option<Finding> {
    let had = run.latency.count;
    (had > 0 && had < SAMPLES_MIN).then(|| {
        finding(
            Level::Note,
            "few-samples",
            format!(
                "{} are too few for a P99, which needs {}: measure longer with --duration.",
                counted(had, "sample"),
                count(SAMPLES_MIN)
            ),
        )
    })
}

fn closed_loop(run: &RunReport) -> Option<Finding> {
    (run.scenario.pacing == "closed").then(|| {
        finding(
            Level::Note,
            "closed-loop",
            "A closed loop waits with the server and so does not see users who would be waiting \
             (coordinated omission): for latencies use --rate."
                .to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::record::ErrorKind;
    use crate::record::report::{ArrivalCheck, Distribution};
    use crate::truth::verdict::judge;
    use crate::truth::verdict::sample::{breaks, level, sound};

    use super::*;

    #[test]
    fn achieved_rate_under_99_percent_of_the_target_is_fatal() {
        let at = |achieved| breaks("achieved-rate", |run| run.rate.achieved = achieved);
        assert!(!at(10_000.0));
        assert!(!at(9_901.0));
        assert!(at(9_899.0));
        let mut run = sound();
        run.rate.achieved = 9_000.0;
        assert_eq!(level(&run, "achieved-rate"), Some(Level::Fatal));
        run.rate.target = None;
        assert_eq!(level(&run, "achieved-rate"), None);
    }

    /// 100 starts per second for 10 s: 1,000 with a standard deviation of 32.
    #[test]
    fn few_poisson_starts_by_chance_are_not_the_generators_fault() {
        let short = |arrival: &str, drawn: u64, achieved: f64| {
            breaks("achieved-rate", |run| {
                run.scenario.arrival = Some(arrival.to_owned());
                run.rate.target = Some(100.0);
                run.totals.requests = drawn;
                run.rate.achieved = achieved;
            })
        };
        assert!(!short("poisson", 960, 96.0));
        assert!(short("constant", 960, 96.0));
        assert!(short("poisson", 960, 94.0));
        // Five deviations short: no draw of that rate.
        assert!(short("poisson", 840, 84.0));
        // More starts than the rate says ask for no more than the rate.
        assert!(!short("poisson", 1_030, 100.0));
    }

    #[test]
    fn lateness_that_is_short_beside_the_gaps_is_a_note_only() {
        let at = |lateness_ns| {
            let mut run = sound();
            run.arrivals = Some(ArrivalCheck {
                samples: 5_000,
                statistic: 8.0,
                critical: 1.959,
            });
            run.scenario.threads = 1;
            run.rate.achieved = 10_000.0;
            let mut lags = crate::stats::new_histogram();
            lags.record_n(lateness_ns, 1_000).expect("within bounds");
            run.lag = Some(Distribution::from_histogram(&lags));
            level(&run, "arrivals")
        };
        // A gap is 100 µs on average.
        assert_eq!(at(9_900), Some(Level::Note));
        assert_eq!(at(10_100), Some(Level::Warning));
    }

    #[test]
    fn arrivals_are_compared_with_twice_the_critical_value() {
        let at = |statistic| {
            breaks("arrivals", |run| {
                run.arrivals = Some(ArrivalCheck {
                    samples: 5_000,
                    statistic,
                    critical: 1.959,
                });
            })
        };
        assert!(!at(3.91));
        assert!(at(3.92));
    }

    #[test]
    fn missing_connections_are_fatal_where_they_are_kept() {
        let with = |had, keep_alive| {
            breaks("connections", |run| {
                run.totals.connections_at_start = had;
                run.scenario.keep_alive = keep_alive;
            })
        };
        assert!(!with(64, true));
        assert!(with(63, true));
        assert!(!with(0, false));
    }

    #[test]
    fn a_p99_needs_a_thousand_samples() {
        let with = |count| breaks("few-samples", |run| run.latency.count = count);
        assert!(with(999));
        assert!(!with(1_000));
    }

    #[test]
    fn silence_is_fatal_and_says_with_which_errors() {
        let mut run = sound();
        assert_eq!(level(&run, "no-responses"), None);
        run.rate.achieved = 0.0;
        run.totals.errors.insert(ErrorKind::ConnectRefused, 5);
        let verdict = judge(&run);
        let finding = &verdict.findings[0];
        assert_eq!(
            (finding.level, finding.code.as_str()),
            (Level::Fatal, "no-responses")
        );
        assert!(finding.text.contains("connect-refused"), "{}", finding.text);
    }

    #[test]
    fn only_the_closed_loop_is_reminded_of_what_it_cannot_see() {
        assert!(breaks("closed-loop", |run| run.scenario.pacing =
            "closed".to_owned()));
        assert!(!breaks("closed-loop", |_| {}));
    }
}
