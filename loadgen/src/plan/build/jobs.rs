//! From targets and the flags of a job to the job.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{Target, World};
use crate::abuse::{AbuseScenario, Consent, Kind, Refusal};
use crate::hold::HoldScenario;
use crate::plan::flags::{Flags, HoldFlags, LoadFlags, SearchFlags};
use crate::plan::problem::Fault;
use crate::plan::{Scenario, SearchBounds};

/// Where a search begins.
pub const SEARCH_FROM_DEFAULT: f64 = 1000.0;
/// Where it ends at the latest.
pub const SEARCH_TO_DEFAULT: f64 = 10e6;
/// How near the answer is to the lowest rate that missed.
pub const PRECISION_DEFAULT: f64 = 0.05;
/// Runs of a search at most.
pub const RUNS_MAX_DEFAULT: NonZeroU32 = NonZeroU32::new(30).expect("not 0");
/// How long connections are held.
pub const HOLD_DEFAULT: Duration = Duration::from_secs(60);
/// Time between two rounds of requests on connections that are held.
pub const EVERY_DEFAULT: Duration = Duration::from_secs(30);
/// Requests of such a round on their way per ring.
pub const ASK_AT_ONCE_DEFAULT: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// A rule and what to say of whoever breaks it.
type Rule = (bool, &'static str, &'static str);

/// The scenario and the bounds of a search.
///
/// # Errors
/// Every [`Fault`]: bounds that are none, no thresholds, a rate of its own.
pub fn search(
    targets: &[Target],
    flags: &Flags,
    search: &SearchFlags,
    world: World<'_>,
) -> Result<(Scenario, SearchBounds), Vec<Fault>> {
    let bounds = SearchBounds {
        from: search.from.unwrap_or(SEARCH_FROM_DEFAULT),
        to: search.to.unwrap_or(SEARCH_TO_DEFAULT),
        precision: search.precision.unwrap_or(PRECISION_DEFAULT),
        runs_max: search.runs_max.unwrap_or(RUNS_MAX_DEFAULT),
    };
    let load = &flags.load;
    let mut faults = broken(&[
        (
            flags.check.slo.is_none(),
            "slo",
            "is what a search looks for; write as in p99<5ms,errors<0.1%",
        ),
        (
            load.rate.is_some(),
            "rate",
            "is what a search finds; write from and to for where it looks",
        ),
        (
            load.stages.is_some(),
            "stages",
            "have rates of their own, and a search finds one; leave them out",
        ),
        (
            load.requests.is_some(),
            "requests",
            "end a run sooner the higher its rate is; write a duration",
        ),
        (bounds.from <= 0.0, "from", "must be above 0"),
        (
            bounds.to < bounds.from,
            "to",
            "is less than from; write more",
        ),
        (
            !(0.001..=0.5).contains(&bounds.precision),
            "precision",
            "must be 0.1% to 50%",
        ),
    ]);
    // Every run of a search is an open loop, and the other flags are read as those of one.
    let open = Flags {
        load: LoadFlags {
            rate: load
                .stages
                .is_none()
                .then_some(bounds.from.max(f64::MIN_POSITIVE)),
            ..load.clone()
        },
        ..flags.clone()
    };
    match Scenario::build(targets, &open, world) {
        Ok(base) if faults.is_empty() => Ok((base, bounds)),
        Ok(_) => Err(faults),
        Err(others) => {
            faults.extend(others);
            Err(faults)
        }
    }
}

/// Connections to hold.
///
/// # Errors
/// Every [`Fault`]: several servers, flags that only mean something to a load.
pub fn hold(
    targets: &[Target],
    flags: &Flags,
    hold: &HoldFlags,
    world: World<'_>,
) -> Result<HoldScenario, Vec<Fault>> {
    let mut faults = broken(&rules_of_holding(flags));
    if hold.every.is_some_and(|every| every.is_zero()) {
        faults.push(Fault::new(
            "every",
            "is 0, which is a load and no holding; write more",
        ));
    }
    let base = match Scenario::build(targets, flags, world) {
        Ok(base) => base,
        Err(others) => {
            faults.extend(others);
            return Err(faults);
        }
    };
    let [origin] = &*base.origins else {
        let text = format!(
            "{} servers; connections are held to one",
            base.origins.len()
        );
        faults.push(Fault::new("url", text));
        return Err(faults);
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(HoldScenario {
        origin: origin.clone(),
        connections: base.connections,
        threads: base.threads,
        connecting: base.connecting,
        hold: hold.hold.unwrap_or(HOLD_DEFAULT),
        every: Some(hold.every.unwrap_or(EVERY_DEFAULT)),
        asking_max: hold.ask_at_once.unwrap_or(ASK_AT_ONCE_DEFAULT),
        timeout: base.timeout,
        io: base.io,
    })
}

/// Connections that misbehave.
///
/// # Errors
/// Every [`Fault`]: those of the scenario, or why it may not be abused.
pub fn abuse(
    targets: &[Target],
    flags: &Flags,
    kind: Kind,
    consent: Consent,
    world: World<'_>,
) -> Result<AbuseScenario, Vec<Fault>> {
    let base = Scenario::build(targets, flags, world)?;
    AbuseScenario::new(kind, base, consent).map_err(|refusal| {
        let key = match &refusal {
            Refusal::NotLoopback(_) | Refusal::Tls(_) => "url",
            Refusal::Connections(_) => "connections",
            Refusal::Duration => "duration",
        };
        vec![Fault::new(key, refusal)]
    })
}

fn rules_of_holding(flags: &Flags) -> [Rule; 13] {
    const OF_A_LOAD: &str = "is of a load; connections that are held have hold and every";
    const OF_A_CHECK: &str = "checks a load; of connections that are held every answer counts";
    let (load, check) = (&flags.load, &flags.check);
    [
        (load.rate.is_some(), "rate", OF_A_LOAD),
        (load.stages.is_some(), "stages", OF_A_LOAD),
        (load.duration.is_some(), "duration", OF_A_LOAD),
        (load.requests.is_some(), "requests", OF_A_LOAD),
        (load.warmup.is_some(), "warmup", OF_A_LOAD),
        (load.pipeline.is_some(), "pipeline", OF_A_LOAD),
        (load.gather.is_some(), "gather", OF_A_LOAD),
        (check.verify.is_some(), "verify", OF_A_CHECK),
        (check.slo.is_some(), "slo", OF_A_CHECK),
        (check.expect_status.is_some(), "expect_status", OF_A_CHECK),
        (check.expect_length.is_some(), "expect_length", OF_A_CHECK),
        (!check.expect_header.is_empty(), "expect_header", OF_A_CHECK),
        (
            flags.connection.no_keepalive,
            "no_keepalive",
            "closes what should be held; leave it out",
        ),
    ]
}

fn broken(rules: &[Rule]) -> Vec<Fault> {
    let broken = rules.iter().filter(|(is_broken, ..)| *is_broken);
    broken.map(|(_, key, text)| Fault::new(key, text)).collect()
}
