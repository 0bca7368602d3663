//! The tables of a run, in Markdown: they are the run folder's README and what the terminal shows.

use benches::load::Sample;
use benches::results::{Results, cell, table_head, table_row};
use benches::statistics::Spread;

use crate::case::{CONNECTIONS, Case, Closed, Work};
use crate::contestant::Contestant::{self, Ringload, RingloadGathering, Wrk};
use crate::hold::OPEN_FILES_MAX;
use crate::open::RATE;
use crate::reach::LIMIT;
use crate::{Own, hold, open, reach};

/// All tables.
pub(crate) fn page(
    results: &Results<Closed, Contestant>,
    own: &Own,
    contestants: &[Contestant],
    rounds: usize,
) -> String {
    format!(
        "# ringload beside wrk\n\n\
         CPU time of the load generator per request, user and system, in µs, over the whole life \
         of its process; {CONNECTIONS} connections, one thread, closed loop; median (min–max) of \
         {rounds} rounds. A round runs all generators one after the other against the same server, \
         each time a fresh process alone on its CPU, the next round in the opposite order; a ratio \
         is taken within a round. `ringload-gathering` is ringload with `--gather auto`, `nginx` has \
         sendfile on, `nginx-copy` has it off; `1k`, `64k` and `1m` are files, keep-alive; `close` \
         is 1 KiB with one connection per request, `pipelined` 1 KiB with 16 requests at once.\n\n\
         {}\n\
         ## Requests, costs and who was the limit\n\n\
         Per core: requests per second of the generator's CPU time. Use: share of its CPU while \
         the server was under load; from {limit:.0} % on it is the limit. P50 and P99 in µs as each \
         generator says (pipelined, wrk's mean nothing).\n\n{}\n\
         ## What gathering does: ringload-gathering divided by ringload\n\n{}\n\
         ## Open loop: {RATE}/s with Poisson arrivals, ringmain, 1 KiB\n\n{}\n\
         ## Held connections: ringmain, both under `ulimit -n {OPEN_FILES_MAX}`\n\n{}\n\
         ## Reach\n\n\
         By the median. A generator's two promises are one figure told in two ways: per core where \
         the generator may be the limit, as CPU per request where the server is the limit (from \
         {limit:.0} % of its CPU on) under both.\n\n{}",
        costs(results, contestants),
        details(results, contestants),
        gathering(results),
        open::table(&own.opens),
        hold::table(&own.holds),
        reach::table(results, own),
        limit = LIMIT * 100.0,
    )
}

fn costs(results: &Results<Closed, Contestant>, contestants: &[Contestant]) -> String {
    let mut columns = vec!["case".to_owned()];
    columns.extend(contestants.iter().map(ToString::to_string));
    columns.extend(["ringload / wrk", "ringload-gathering / wrk"].map(String::from));
    let mut table = table_head(&columns);
    for case in measured(results, contestants) {
        let mut cells = vec![case.to_string()];
        let cost = |of: &Contestant| cell(results.load(case, *of, Sample::client_cpu_us), 2);
        cells.extend(contestants.iter().map(cost));
        let ratio = |ours| results.ratio_of(case, ours, Wrk, Sample::client_cpu_us);
        cells.extend([Ringload, RingloadGathering].map(|ours| cell(ratio(ours), 2)));
        table += &table_row(&cells);
    }
    table
}

fn details(results: &Results<Closed, Contestant>, contestants: &[Contestant]) -> String {
    let mut table = table_head(&[
        "case",
        "generator",
        "requests/s",
        "per core",
        "its use, %",
        "server µs",
        "its use, %",
        "limit",
        "P50",
        "P99",
    ]);
    for case in measured(results, contestants) {
        for &contestant in contestants {
            let figure = |figure: fn(&Sample) -> f64| results.load(case, contestant, figure);
            let (Some(client), Some(server)) = (
                figure(Sample::client_use),
                figure(|sample| sample.server_use),
            ) else {
                continue;
            };
            let time = |quantile: fn(&Sample) -> f64| match (case.work, contestant) {
                (Work::Pipelined, Wrk) => cell(None, 0),
                (Work::Pipelined, Ringload | RingloadGathering)
                | (Work::File(_) | Work::Close, Wrk | Ringload | RingloadGathering) => {
                    cell(figure(quantile), 0)
                }
            };
            table += &table_row(&[
                case.to_string(),
                contestant.to_string(),
                cell(figure(Sample::requests_per_second), 0),
                cell(figure(Sample::requests_per_client_second), 0),
                cell(figure(|sample| sample.client_use() * 100.0), 0),
                cell(figure(|sample| sample.cpu_us), 2),
                cell(figure(|sample| sample.server_use * 100.0), 0),
                limit(client, server).to_owned(),
                time(p50),
                time(p99),
            ]);
        }
    }
    table
}

fn gathering(results: &Results<Closed, Contestant>) -> String {
    let mut table = table_head(&[
        "case",
        "client CPU",
        "server CPU",
        "requests/s",
        "P50",
        "P99",
    ]);
    for case in measured(results, &[Ringload, RingloadGathering]) {
        let ratio = |figure: fn(&Sample) -> f64| {
            cell(
                results.ratio_of(case, RingloadGathering, Ringload, figure),
                2,
            )
        };
        table += &table_row(&[
            case.to_string(),
            ratio(Sample::client_cpu_us),
            ratio(|sample| sample.cpu_us),
            ratio(Sample::requests_per_second),
            ratio(p50),
            ratio(p99),
        ]);
    }
    table
}

/// The closed loops of which the run has something to say, in the order of all cases.
fn measured(results: &Results<Closed, Contestant>, contestants: &[Contestant]) -> Vec<Closed> {
    let closed = |case| match case {
        Case::Closed(closed) => Some(closed),
        Case::Open | Case::Hold => None,
    };
    let has = |case: &Closed| {
        let mut takers = contestants.iter();
        takers.any(|of| results.load(*case, *of, |sample| sample.cpu_us).is_some())
    };
    Case::all()
        .into_iter()
        .filter_map(closed)
        .filter(has)
        .collect()
}

/// Who had no CPU left.
fn limit(client: Spread, server: Spread) -> &'static str {
    match (client.median >= LIMIT, server.median >= LIMIT) {
        (true, true) => "both",
        (true, false) => "generator",
        (false, true) => "server",
        (false, false) => "neither",
    }
}

fn p50(sample: &Sample) -> f64 {
    open::micros(sample.report.p50)
}

fn p99(sample: &Sample) -> f64 {
    open::micros(sample.report.p99)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use benches::generator::Report;
    use benches::site::SiteFile;

    use super::*;
    use crate::case::Host;

    fn sample(client_ms: u64) -> Sample {
        Sample {
            cpu_us: 10.0,
            user_us: 2.0,
            server_use: 0.5,
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

    fn results(work: Work) -> Results<Closed, Contestant> {
        let case = Closed {
            host: Host::Ringmain,
            work,
        };
        let mut results = Results::default();
        results.push(case, 0, Wrk, sample(1000));
        results.push(case, 0, Ringload, sample(700));
        results
    }

    #[test]
    fn a_cost_is_divided_by_wrks_and_what_was_not_run_is_a_dash() {
        let table = costs(&results(Work::File(SiteFile::Kib1)), &Contestant::ALL);
        let row = "| ringmain/1k | 10.00 (10.00–10.00) | 7.00 (7.00–7.00) | – | 0.70 (0.70–0.70) \
            | – |\n";
        assert!(table.ends_with(row), "{table}");
        assert_eq!(table.lines().count(), 3, "{table}");
    }

    #[test]
    fn the_limit_is_who_has_no_cpu_left() {
        let table = details(&results(Work::Close), &Contestant::ALL);
        assert!(table.contains("| 100 (100–100) | 10.00 (10.00–10.00) | 50 (50–50) | generator |"));
        assert!(table.contains("| 70 (70–70) | 10.00 (10.00–10.00) | 50 (50–50) | neither |"));
    }

    #[test]
    fn times_of_pipelined_wrk_are_not_shown() {
        let table = details(&results(Work::Pipelined), &Contestant::ALL);
        assert!(table.contains("| generator | – | – |"), "{table}");
        assert!(table.contains("| neither | 300 (300–300) | 900 (900–900) |"));
    }
}
