//! One sample: a server under load, and what each request cost it and the load generator.

use crate::failure::Failure;
use crate::generator::{Fault, Load, Report};
use crate::host;
use crate::server::Server;
use crate::settings::Settings;

/// What one load of one server cost.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The server's CPU time per request, user and system, in µs.
    pub cpu_us: f64,
    /// The sampled share of it in user mode, in µs.
    pub user_us: f64,
    /// Share of its CPU that the server used while it was under load. Near 1 it is the limit; above
    /// by what falls outside of the generator's clock.
    pub server_use: f64,
    /// What the client saw.
    pub report: Report,
    /// Ticks that the hypervisor took meanwhile.
    pub steal_ticks: u64,
}

impl Sample {
    /// Warms the server up, then measures it under the same load.
    pub fn take(
        server: &Server,
        path: &str,
        load: &Load,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let url = format!("http://{}{path}", server.address());
        load.run(&url, settings.client_cpu, settings.warm_seconds)?;
        let steal = host::steal_ticks();
        let before = server.cpu_time()?;
        let mut report = load.run(&url, settings.client_cpu, settings.seconds)?;
        let spent = server
            .cpu_time()?
            .since(&before, rustix::param::clock_ticks_per_second());
        if spent.total.is_zero() {
            report.faults.push(Fault::Unseen);
        }
        let per_request = 1e6 / report.requests.max(1) as f64;
        Ok(Self {
            cpu_us: spent.total.as_secs_f64() * per_request,
            user_us: spent.user.as_secs_f64() * per_request,
            server_use: spent.total.as_secs_f64() / report.loaded_seconds,
            report,
            steal_ticks: host::steal_ticks().saturating_sub(steal),
        })
    }

    /// Whether the statistics may use it.
    pub fn is_valid(&self) -> bool {
        self.report.faults.is_empty()
    }

    /// The names of the columns of `row`.
    pub const COLUMNS: &str = "requests,seconds,requests_per_second,cpu_us_per_request,\
        user_us_per_request,server_use,client_cpu_us_per_request,client_use,p50_us,p99_us,\
        steal_ticks,faults";

    /// The sample as a part of a CSV line. Nothing in it holds a comma.
    pub fn row(&self) -> String {
        let report = &self.report;
        let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
        format!(
            "{},{:.2},{:.0},{:.4},{:.4},{:.4},{:.4},{:.4},{:.0},{:.0},{},{}",
            report.requests,
            report.seconds,
            self.requests_per_second(),
            self.cpu_us,
            self.user_us,
            self.server_use,
            self.client_cpu_us(),
            self.client_use(),
            report.p50.as_secs_f64() * 1e6,
            report.p99.as_secs_f64() * 1e6,
            self.steal_ticks,
            faults.join("; "),
        )
    }

    /// As the client saw them; with one client thread often the client's limit.
    pub fn requests_per_second(&self) -> f64 {
        self.report.requests as f64 / self.report.seconds
    }

    /// The generator's CPU time per request, user and system, over its whole life, in µs.
    pub fn client_cpu_us(&self) -> f64 {
        self.report.cpu.as_secs_f64() * 1e6 / self.report.requests.max(1) as f64
    }

    /// Requests per second of the generator's CPU time.
    pub fn requests_per_client_second(&self) -> f64 {
        1e6 / self.client_cpu_us()
    }

    /// Share of its CPU that the generator used. Near 1 it is the limit, and not the server.
    pub fn client_use(&self) -> f64 {
        self.report.cpu.as_secs_f64() / self.report.loaded_seconds
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn sample() -> Sample {
        Sample {
            cpu_us: 5.81234,
            user_us: 1.3,
            server_use: 0.98,
            report: Report {
                requests: 400,
                seconds: 4.0,
                loaded_seconds: 4.0,
                p50: Duration::from_micros(313),
                p99: Duration::from_micros(1020),
                cpu: Duration::from_secs(2),
                faults: vec![
                    Fault::Errors("connect 0 read 3".to_owned()),
                    Fault::Status(9),
                ],
            },
            steal_ticks: 2,
        }
    }

    #[test]
    fn the_generators_cost_is_of_its_whole_life() {
        let sample = sample();
        assert_eq!(sample.client_cpu_us(), 5000.0);
        assert_eq!(sample.requests_per_client_second(), 200.0);
        assert_eq!(sample.client_use(), 0.5);
        assert_eq!(sample.requests_per_second(), 100.0);
    }

    #[test]
    fn a_row_has_a_value_for_each_column() {
        let sample = sample();
        let row = sample.row();
        assert_eq!(row.split(',').count(), Sample::COLUMNS.split(',').count());
        assert!(
            row.starts_with("400,4.00,100,5.8123,1.3000,0.9800,5000.0000,0.5000,313,1020,2,errors"),
            "{row}"
        );
        assert!(!sample.is_valid());
    }
}
