//! Little's law: requests in flight = rate x time each takes. In a closed loop the number in flight
//! is known, so what is left over says that something was not measured.

use crate::record::report::RunReport;

/// What was in flight and what the measurements account for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LittlesLaw {
    /// Requests that a closed loop keeps on their way: connections times pipeline.
    pub in_flight: f64,
    /// Rate times mean latency.
    pub accounted: f64,
}

impl LittlesLaw {
    /// Requests that the measurements do not account for: time between an answer and the next
    /// request, connections that were down. Negative where more is accounted for than there was.
    pub fn residual(self) -> f64 {
        self.in_flight - self.accounted
    }
}

/// The law applied to a run; `None` in an open loop, whose number in flight is not set, and where
/// nothing was answered.
pub fn littles_law(run: &RunReport) -> Option<LittlesLaw> {
    let pipeline = run.scenario.pipeline?;
    (run.latency.count > 0).then(|| LittlesLaw {
        in_flight: f64::from(run.scenario.connections) * f64::from(pipeline),
        accounted: run.rate.achieved * run.latency.mean_ns / 1e9,
    })
}
