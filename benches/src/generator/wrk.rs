//! wrk: how it is told, and what the lines of its report mean.

use std::io;
use std::process::Command;
use std::time::Duration;

use crate::failure::Failure;
use crate::finished::Finished;
use crate::program::pinned;

use super::{Fault, Load, Report, Requests};

/// Loads `url` from CPU `cpu` for about `seconds`.
pub(super) fn run(load: &Load, url: &str, cpu: usize, seconds: u32) -> Result<Report, Failure> {
    let mut command = pinned(cpu, "wrk");
    command.args(["-t1", "--latency", "--timeout", "10s"]);
    command.arg(format!("-c{}", load.connections));
    command.arg(format!("-d{seconds}s"));
    match &load.requests {
        Requests::KeepAlive => {}
        Requests::Close => drop(command.args(["-H", "Connection: close"])),
        Requests::Pipelined(pipeline) => drop(command.arg("-s").arg(&pipeline.script)),
    }
    command.arg(url);
    let finished = Finished::of("wrk", command)?;
    parse(&finished.output, finished.cpu).ok_or_else(|| finished.unparsed("wrk"))
}

/// `Ok` when wrk is installed; its version line.
pub fn version() -> Result<String, Failure> {
    // `wrk --version` prints its version and usage, and exits with 1.
    match Command::new("wrk").arg("--version").output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            let line = text.lines().next().unwrap_or_default();
            Ok(line.split(" Copyright").next().unwrap_or(line).to_owned())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::ToolMissing {
            tool: "wrk",
            remedy: "apt-get install wrk",
        }),
        Err(error) => Err(Failure::io("wrk cannot be started")(error)),
    }
}

/// `None` when the text is not the report of a finished run. `cpu` is what wrk used for it.
fn parse(text: &str, cpu: Duration) -> Option<Report> {
    let mut quantiles = text
        .lines()
        .skip_while(|line| line.trim() != "Latency Distribution")
        .skip(1)
        .map_while(|line| line.trim().split_once('%'));
    let mut quantile = |percent: &str| {
        quantiles
            .find(|(name, _)| *name == percent)
            .and_then(|(_, time)| duration(time.trim()))
    };
    let (p50, p99) = (quantile("50")?, quantile("99")?);
    let total = text.lines().find(|line| line.contains(" requests in "))?;
    let (requests, rest) = total.trim().split_once(" requests in ")?;
    let requests = requests.parse().ok()?;
    let seconds = duration(rest.split(',').next()?)?.as_secs_f64();
    let silence = (requests == 0).then_some(Fault::Silence);
    let socket =
        after(text, "Socket errors: ").map(|counts| Fault::Errors(counts.replace(',', "")));
    let status = match after(text, "Non-2xx or 3xx responses: ") {
        Some(answers) => Some(Fault::Status(answers.parse().ok()?)),
        None => None,
    };
    Some(Report {
        requests,
        seconds,
        // wrk's clock starts before its connections do.
        loaded_seconds: seconds,
        p50,
        p99,
        cpu,
        faults: [silence, socket, status].into_iter().flatten().collect(),
    })
}

/// The rest of the line that starts with `label`.
fn after<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    text.lines()
        .find_map(|line| line.trim().strip_prefix(label))
}

/// wrk's times: `391.00us`, `1.02ms`, `5.10s`, `1.50m`.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let seconds = match &text[unit..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let value: f64 = text[..unit].parse().ok()?;
    Duration::try_from_secs_f64(value * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: Duration = Duration::from_millis(3950);

    const CLEAN: &str = "Running 4s test @ http://127.0.0.1:36157/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   317.10us   71.59us   2.71ms   79.50%
    Req/Sec   103.38k     8.90k  117.90k    60.98%
  Latency Distribution
     50%  313.00us
     75%  355.00us
     90%  396.00us
     99%    1.02ms
  421573 requests in 4.10s, 37.39MB read
Requests/sec: 102826.27
Transfer/sec:      9.12MB
";

    const FAULTY: &str = "Running 1s test @ http://127.0.0.1:8080/none
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.17ms  310.70us   6.11ms   90.94%
    Req/Sec    50.69k     3.08k   54.86k    72.73%
  Latency Distribution
     50%    1.12ms
     75%    1.24ms
     90%    1.40ms
     99%    2.28ms
  55469 requests in 1.10s, 8.57MB read
  Socket errors: connect 0, read 3, write 0, timeout 0
  Non-2xx or 3xx responses: 55469
Requests/sec:  50444.74
Transfer/sec:      7.79MB
";

    #[test]
    fn a_clean_report_is_read() {
        let expected = Report {
            requests: 421_573,
            seconds: 4.1,
            loaded_seconds: 4.1,
            p50: Duration::from_micros(313),
            p99: Duration::from_micros(1020),
            cpu: CPU,
            faults: Vec::new(),
        };
        assert_eq!(parse(CLEAN, CPU), Some(expected));
    }

    #[test]
    fn errors_and_statuses_are_faults() {
        let faults = parse(FAULTY, CPU).map(|report| report.faults);
        let expected = vec![
            Fault::Errors("connect 0 read 3 write 0 timeout 0".to_owned()),
            Fault::Status(55_469),
        ];
        assert_eq!(faults, Some(expected));
    }

    #[test]
    fn an_unfinished_report_is_none() {
        for end in 0..CLEAN.find("requests in").unwrap_or_default() {
            assert_eq!(parse(&CLEAN[..end], CPU), None, "cut at {end}");
        }
        assert_eq!(
            parse("unable to connect to 127.0.0.1:1 Connection refused", CPU),
            None
        );
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("1.50m"), Some(Duration::from_secs(90)));
        assert_eq!(duration("5.10s"), Some(Duration::from_millis(5100)));
        assert_eq!(duration("17"), None);
    }
}
