//! Whether the generator could keep up: its threads, its punctuality, its rings.

use crate::record::report::{Distribution, Finding, Level, RunReport, ThreadReport};

use super::figures::{count, counted, percent, time};
use super::host::limiting_server;
use super::{SATURATED, finding};

/// A thread busier than this queues responses in front of its own clock.
const THREAD_CPU_SHARE_MAX: f64 = 0.85;
/// Time runnable without a CPU, as a share of the window.
const RUN_QUEUE_SHARE_MAX: f64 = 0.05;
/// Send lag that is always granted, and its share of the median latency.
const LAG_NS_GRANTED: f64 = 100_000.0;
const LAG_SHARE_MAX: f64 = 0.05;
/// Threads whose P99 differ by more than this see different servers.
const SPREAD_MAX: f64 = 2.0;
/// Receives that found no buffer, as a share of responses: below it the pool was growing.
const NO_BUFFER_SHARE_MAX: f64 = 0.001;

/// What is found.
pub(super) fn findings(run: &RunReport) -> impl Iterator<Item = Finding> {
    [
        thread_cpu(run),
        send_lag(run),
        gathering(run),
        run_queue(run),
        spread(run),
        ring_overflows(run),
        ring_buffers(run),
    ]
    .into_iter()
    .flatten()
}

/// Too little CPU on one thread is enough: its share of the samples is in all of the figures.
fn thread_cpu(run: &RunReport) -> Option<Finding> {
    let busy = |thread: &ThreadReport| thread.cpu_s / run.window_s;
    let busiest = run
        .threads
        .iter()
        .max_by(|a, b| busy(a).total_cmp(&busy(b)))?;
    let share = busy(busiest);
    if share <= THREAD_CPU_SHARE_MAX {
        return None;
    }
    let seen = format!(
        "{} used {} of its CPU, over {}",
        name(busiest),
        percent(share),
        percent(THREAD_CPU_SHARE_MAX)
    );
    Some(match limiting_server(run) {
        Some(server) => finding(
            Level::Warning,
            "busy-client",
            format!(
                "{seen}, but {server} looks like the limit: throughput is the server's, latency \
                 has some of the generator's in it; use more --threads or fewer requests."
            ),
        ),
        None => finding(
            Level::Fatal,
            SATURATED,
            format!(
                "{seen}, and no server is seen at its limit: the client is; use more --threads on \
                 CPUs that the server does not need, another machine, or a lower --rate."
            ),
        ),
    })
}

fn send_lag(run: &RunReport) -> Option<Finding> {
    let lag = quantile(run.lag.as_ref()?, 0.99)?;
    let median = quantile(&run.latency, 0.5).unwrap_or(0.0);
    let bound = (median * LAG_SHARE_MAX).max(LAG_NS_GRANTED);
    (lag > bound).then(|| {
        finding(
            Level::Warning,
            "send-lag",
            format!(
                "One request in a hundred left {} or more after its time, over {}: latencies hold \
                 the generator's lateness; use more --threads or connections, or CPUs of its own.",
                time(lag),
                time(bound)
            ),
        )
    })
}

/// Answers that were let gather are stamped late: cheap, and known.
fn gathering(run: &RunReport) -> Option<Finding> {
    let (gathered, median) = (
        run.scenario.gathered_ns as f64,
        quantile(&run.latency, 0.5)?,
    );
    (gathered > median * LAG_SHARE_MAX).then(|| {
        finding(
            Level::Note,
            "gathering",
            format!(
                "Answers were let gather for up to {}, over {} of the median latency: latencies \
                 are up to this much too high, throughput is not; for latencies use --rate.",
                time(gathered),
                percent(LAG_SHARE_MAX)
            ),
        )
    })
}

fn run_queue(run: &RunReport) -> Option<Finding> {
    let waited = |thread: &ThreadReport| thread.run_queue_s / run.window_s;
    let worst = run
        .threads
        .iter()
        .max_by(|a, b| waited(a).total_cmp(&waited(b)))?;
    let share = waited(worst);
    (share > RUN_QUEUE_SHARE_MAX).then(|| {
        finding(
            Level::Warning,
            "run-queue",
            format!(
                "{} waited for a CPU during {} of the window, over {}: others run on its CPU; pin \
                 the generator and the server to different CPUs (--cpus, taskset).",
                name(worst),
                percent(share),
                percent(RUN_QUEUE_SHARE_MAX)
            ),
        )
    })
}

fn spread(run: &RunReport) -> Option<Finding> {
    let p99s = run.threads.iter().filter_map(|thread| thread.p99_ns);
    let (least, most) = (p99s.clone().min()? as f64, p99s.max()? as f64);
    (most > least * SPREAD_MAX).then(|| {
        finding(
            Level::Warning,
            "thread-spread",
            format!(
                "P99 is {} on one thread and {} on another, more than {SPREAD_MAX:.0} times apart: \
                 a thread is disturbed, or connections are spread unevenly over the server's; look \
                 at the threads' own figures.",
                time(least),
                time(most)
            ),
        )
    })
}

fn ring_overflows(run: &RunReport) -> Option<Finding> {
    let overflows = run.truth.ring_overflows;
    (overflows > 0).then(|| {
        finding(
            Level::Warning,
            "ring-overflow",
            format!(
                "A completion queue was full: {}, each of which delayed responses; use more \
                 --threads or fewer connections per thread.",
                counted(overflows, "overflow")
            ),
        )
    })
}

fn ring_buffers(run: &RunReport) -> Option<Finding> {
    let misses = run.truth.ring_no_buffers;
    let responses: u64 = run.threads.iter().map(|thread| thread.responses).sum();
    let share = misses as f64 / responses.max(1) as f64;
    let level = if share > NO_BUFFER_SHARE_MAX {
        Level::Warning
    } else {
        Level::Note
    };
    (misses > 0).then(|| {
        finding(
            level,
            "ring-buffers",
            format!(
                "{} of {} found no free buffer and waited for one: use more --threads or fewer \
                 connections per thread.",
                counted(misses, "receive"),
                count(responses)
            ),
        )
    })
}

fn name(thread: &ThreadReport) -> String {
    match thread.cpu {
        Some(cpu) => format!("The thread on CPU {cpu}"),
        None => "A thread".to_owned(),
    }
}

fn quantile(distribution: &Distribution, q: f64) -> Option<f64> {
    let mut quantiles = distribution.quantiles.iter();
    let found = quantiles.find(|quantile| (quantile.q - q).abs() < 1e-9)?;
    Some(found.value_ns as f64)
}

#[cfg(test)]
mod tests {
    use crate::truth::verdict::sample::{breaks, level, sound, with_quantiles};

    use super::*;

    #[test]
    fn a_thread_over_85_percent_saturates_the_client() {
        let at = |cpu_s| breaks(SATURATED, |run| run.threads[1].cpu_s = cpu_s);
        assert!(!at(8.5));
        assert!(at(8.51));
    }

    #[test]
    fn a_server_at_its_limit_takes_the_blame_from_a_busy_client() {
        let mut run = sound();
        run.threads[0].cpu_s = 9.5;
        run.truth.servers[0].cpu_ns = Some(9_900_000_000);
        run.truth.servers[0].busiest_thread_ns = Some(9_900_000_000);
        assert_eq!(level(&run, SATURATED), None);
        assert_eq!(level(&run, "busy-client"), Some(Level::Warning));
    }

    #[test]
    fn lag_is_measured_against_100_us_or_5_percent_of_the_median() {
        let at = |lag_p99, median| {
            breaks("send-lag", |run| {
                run.lag = Some(with_quantiles(&[(0.99, lag_p99)]));
                run.latency = with_quantiles(&[(0.5, median)]);
            })
        };
        assert!(!at(100_000, 1_000_000));
        assert!(at(100_001, 1_000_000));
        assert!(!at(500_000, 10_000_000));
        assert!(at(500_001, 10_000_000));
    }

    #[test]
    fn answers_may_gather_for_5_percent_of_the_median() {
        let at = |gathered_ns| {
            breaks("gathering", |run| {
                run.scenario.gathered_ns = gathered_ns;
                run.latency = with_quantiles(&[(0.5, 1_000_000)]);
            })
        };
        assert!(!at(50_000));
        assert!(at(50_001));
    }

    #[test]
    fn waiting_for_a_cpu_may_take_5_percent() {
        let at = |run_queue_s| breaks("run-queue", |run| run.threads[0].run_queue_s = run_queue_s);
        assert!(!at(0.5));
        assert!(at(0.51));
    }

    #[test]
    fn threads_may_differ_twofold() {
        let at = |p99_ns| breaks("thread-spread", |run| run.threads[0].p99_ns = p99_ns);
        assert!(!at(Some(2_000_000)));
        assert!(at(Some(2_000_001)));
        assert!(!at(None));
    }

    #[test]
    fn an_overflow_is_one_too_many() {
        assert!(!breaks("ring-overflow", |_| {}));
        assert!(breaks("ring-overflow", |run| run.truth.ring_overflows = 1));
    }

    #[test]
    fn missing_buffers_are_noted_and_a_thousandth_is_a_warning() {
        let mut run = sound();
        assert_eq!(level(&run, "ring-buffers"), None);
        run.truth.ring_no_buffers = 100;
        assert_eq!(level(&run, "ring-buffers"), Some(Level::Note));
        run.truth.ring_no_buffers = 101;
        assert_eq!(level(&run, "ring-buffers"), Some(Level::Warning));
    }
}
