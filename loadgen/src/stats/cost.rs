//! What a request cost: CPU time of both sides divided by the responses of the window, and the
//! share of requests that went wrong.

use crate::record::report::{RunReport, Totals};

impl Totals {
    /// Requests that ended other than expected, failed connects included.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// These as a share of all, 0 to 1; 0 where there were none at all.
    pub fn error_share(&self) -> f64 {
        let errors = self.error_count();
        let all = self.good.saturating_add(errors);
        if all == 0 {
            0.0
        } else {
            errors as f64 / all as f64
        }
    }
}

impl RunReport {
    /// Responses that ended in the window.
    pub fn responses(&self) -> f64 {
        self.rate.achieved * self.window_s
    }

    /// CPU time of the generator per response, in nanoseconds; `None` without responses.
    pub fn generator_cpu_per_response_ns(&self) -> Option<f64> {
        self.per_response(self.truth.generator_cpu_s * 1e9)
    }

    /// CPU time of all server processes per response, in nanoseconds; `None` where it is not known
    /// of each of them.
    pub fn server_cpu_per_response_ns(&self) -> Option<f64> {
        let servers = &self.truth.servers;
        let cpu_ns: Option<u64> = servers.iter().map(|server| server.cpu_ns).sum();
        if servers.is_empty() {
            return None;
        }
        self.per_response(cpu_ns? as f64)
    }

    fn per_response(&self, amount: f64) -> Option<f64> {
        let responses = self.responses();
        (responses >= 1.0).then(|| amount / responses)
    }
}
