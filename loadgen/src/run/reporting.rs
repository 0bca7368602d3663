//! The document of a finished run.

use std::time::SystemTime;

use crate::plan::{Arrival, Extent, Pacing, Reuse, Scenario};
use crate::record::report::{
    Distribution, Outcome as VerdictOutcome, Rate, RunReport, SAMPLES_MAX, ScenarioReport,
    ThreadReport, Truth, Verdict,
};
use crate::run::{Crew, Opening, Timeline, Watched};
use crate::schedule::RateCurve;
use crate::stats::{arrival_check, quantile_of};
use crate::truth::judge;
use crate::worker::Outcome;

/// What a run leaves.
pub(super) struct Finished {
    pub(super) started: SystemTime,
    pub(super) opening: Opening,
    pub(super) timeline: Timeline,
    pub(super) watched: Watched,
    pub(super) crew: Crew,
}

/// Puts it all into the document and judges it.
pub(super) fn report(scenario: &Scenario, finished: Finished) -> RunReport {
    let Finished {
        watched, timeline, ..
    } = finished;
    let Watched {
        collector,
        mut outcomes,
        truth,
        zero,
    } = watched;
    let window_begin = (timeline.window_begin - zero).as_nanos() as u64;
    let end = outcomes.iter().map(|outcome| outcome.end).max();
    let window_ns = end.map_or(0, |end| end.saturating_sub(window_begin));
    let window_s = window_ns as f64 / 1e9;
    let collected = collector.finish(window_s);
    let per_second = if window_s > 0.0 { 1.0 / window_s } else { 0.0 };
    let threads = outcomes
        .iter()
        .zip(&collected.threads)
        .zip(&finished.crew.cpus);
    let threads = threads.map(|((outcome, total), cpu)| ThreadReport {
        cpu: *cpu,
        responses: total.responses,
        cpu_s: outcome.time.cpu_s,
        run_queue_s: outcome.time.run_queue_s,
        p99_ns: quantile_of(&total.latency, 0.99).map(|quantile| quantile.value_ns),
        lag_p99_ns: total
            .lag
            .as_ref()
            .and_then(|lag| quantile_of(lag, 0.99))
            .map(|quantile| quantile.value_ns),
    });
    let threads = threads.collect();
    let mut report = RunReport {
        name: scenario.name.clone(),
        started: humantime::format_rfc3339_seconds(finished.started).to_string(),
        scenario: describe(scenario, &outcomes),
        window_s,
        connecting_s: finished.opening.took.as_secs_f64(),
        totals: collected.totals(u64::from(finished.opening.connected)),
        rate: Rate {
            target: target_rate(scenario, window_s),
            achieved: collected.responses_in_window as f64 * per_second,
        },
        latency: Distribution::from_histogram(&collected.latency),
        service: collected
            .open
            .as_ref()
            .map(|open| Distribution::from_histogram(&open.service)),
        lag: collected
            .open
            .as_ref()
            .map(|open| Distribution::from_histogram(&open.lag)),
        intervals: collected.intervals,
        threads,
        arrivals: arrivals(scenario, &mut outcomes),
        truth: Truth {
            ring_overflows: outcomes.iter().map(|outcome| outcome.ring_overflows).sum(),
            ring_no_buffers: outcomes.iter().map(|outcome| outcome.ring_no_buffers).sum(),
            ..truth
        },
        verdict: Verdict {
            outcome: VerdictOutcome::Sound,
            findings: Vec::new(),
        },
        slo: Vec::new(),
        samples: outcomes
            .into_iter()
            .flat_map(|outcome| outcome.samples)
            .take(SAMPLES_MAX)
            .collect(),
    };
    report.verdict = judge(&report);
    report.slo = scenario.slo.judge(&report);
    report
}

/// What the open loop was to start per second of the window.
fn target_rate(scenario: &Scenario, window_s: f64) -> Option<f64> {
    let Pacing::Open { profile, .. } = &scenario.pacing else {
        return None;
    };
    let curve = RateCurve::new(profile);
    let window = match scenario.extent {
        Extent::Time(_) => std::time::Duration::from_secs_f64(window_s),
        // After so many requests the window ends with an answer, not with a start.
        Extent::Requests(_) => return None,
    };
    let starts = curve.starts_by(scenario.warmup + window) - curve.starts_by(scenario.warmup);
    (window_s > 0.0).then(|| starts / window_s)
}

/// The gaps of the first thread: the streams of the others are of the same kind.
fn arrivals(
    scenario: &Scenario,
    outcomes: &mut [Outcome],
) -> Option<crate::record::report::ArrivalCheck> {
    match &scenario.pacing {
        Pacing::Open {
            arrival: Arrival::Poisson,
            profile,
        } if profile.pieces.len() == 1 => arrival_check(&mut outcomes.first_mut()?.send_gaps),
        Pacing::Open { .. } | Pacing::Closed { .. } => None,
    }
}

fn describe(scenario: &Scenario, outcomes: &[Outcome]) -> ScenarioReport {
    let (pacing, arrival, pipeline) = match &scenario.pacing {
        Pacing::Closed { pipeline } => ("closed", None, Some(pipeline.get())),
        Pacing::Open { arrival, .. } => {
            let name = match arrival {
                Arrival::Poisson => "poisson",
                Arrival::Constant => "constant",
            };
            ("open", Some(name.to_owned()), None)
        }
    };
    ScenarioReport {
        targets: targets(scenario),
        connections: scenario.connections.get(),
        threads: outcomes.len() as u32,
        pacing: pacing.to_owned(),
        arrival,
        pipeline,
        gathered_ns: outcomes
            .iter()
            .map(|outcome| outcome.gathered.as_nanos() as u64)
            .max()
            .unwrap_or(0),
        keep_alive: scenario.connecting.reuse == Reuse::KeepAlive,
        warmup_s: scenario.warmup.as_secs_f64(),
        timeout_s: scenario.timeout.as_secs_f64(),
        verified: !scenario.verification.is_plain(),
        seed: scenario.seed,
        driver: outcomes
            .first()
            .map_or_else(String::new, |outcome| outcome.driver.to_owned()),
    }
}

fn targets(scenario: &Scenario) -> Vec<String> {
    let origins = scenario.origins.iter();
    origins
        .flat_map(|origin| {
            let requests = origin.mix.requests().iter();
            requests.map(|request| format!("{} {}", origin.label, request.label))
        })
        .collect()
}
