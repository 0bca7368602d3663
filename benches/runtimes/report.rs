//! The tables of a run, in Markdown: they are the run folder's README and what the terminal shows.

use benches::load::Sample;
use benches::results::{Results, cell, table_head, table_row};
use benches::statistics::Spread;

use crate::case::{CONNECTIONS, Case};
use crate::runtime::Runtime;

/// Our ring may cost so much more than the floor, at 64 keep-alive connections.
const REACH: f64 = 1.15;

/// All tables.
pub(crate) fn page(
    results: &Results<Case, Runtime>,
    runtimes: &[Runtime],
    rounds: usize,
) -> String {
    let cpu = |case, runtime| results.load(case, runtime, |sample| sample.cpu_us);
    let ratio = |case, runtime| results.ratio(case, runtime, Runtime::BareRing);
    let figure =
        |figure: fn(&Sample) -> f64| move |case, runtime| results.load(case, runtime, figure);
    let loaded: Vec<Case> = Case::all()
        .into_iter()
        .filter(|c| *c != Case::Idle)
        .collect();
    // Pipelined, wrk counts right and times wrong.
    let timed = CONNECTIONS.map(Case::KeepAlive);
    format!(
        "# The same 13-byte reply on several runtimes\n\n\
         CPU time of the server per request, user and system, in µs; median (min–max) of {rounds} \
         rounds. A round runs all runtimes one after the other, each a fresh process alone on its \
         CPU, the next round in the opposite order. Parser, reply, size of the read buffer and \
         \"one send per read\" are the same in all. The load is one thread of wrk on the other \
         CPU, pipelined: 16 requests at once.\n\n{}\n\
         ## Divided by the bare ring of the same round\n\n{}\n\
         ## P50 seen by wrk, µs\n\n{}\n\
         ## P99 seen by wrk, µs\n\n{}\n\
         ## User time (sampled by the kernel), µs\n\n{}\n\
         ## Memory of idle keep-alive connections, bytes each beyond the start\n\n{}\n\
         ## Reach\n\n{}",
        table(&loaded, runtimes, 2, cpu),
        table(&loaded, runtimes, 2, ratio),
        table(
            &timed,
            runtimes,
            0,
            figure(|s| s.report.p50.as_secs_f64() * 1e6)
        ),
        table(
            &timed,
            runtimes,
            0,
            figure(|s| s.report.p99.as_secs_f64() * 1e6)
        ),
        table(&loaded, runtimes, 2, figure(|s| s.user_us)),
        results.idle_table(runtimes),
        reach(results.ratio(Case::KeepAlive(64), Runtime::ShardUring, Runtime::BareRing)),
    )
}

/// A line for each case, a column for each runtime.
fn table(
    cases: &[Case],
    runtimes: &[Runtime],
    digits: usize,
    figure: impl Fn(Case, Runtime) -> Option<Spread>,
) -> String {
    let mut columns = vec!["case".to_owned()];
    columns.extend(runtimes.iter().map(ToString::to_string));
    let mut table = table_head(&columns);
    for &case in cases {
        let figures: Vec<_> = runtimes.iter().map(|of| figure(case, *of)).collect();
        if figures.iter().any(Option::is_some) {
            let mut cells = vec![case.to_string()];
            cells.extend(figures.into_iter().map(|figure| cell(figure, digits)));
            table += &table_row(&cells);
        }
    }
    table
}

fn reach(found: Option<Spread>) -> String {
    let verdict = match found {
        Some(found) if found.median <= REACH => "PASS",
        Some(_) => "MISS",
        None => "not measured",
    };
    let promise = "keep-alive-64: shard-uring / bare-ring".to_owned();
    let cells = [
        promise,
        REACH.to_string(),
        cell(found, 2),
        verdict.to_owned(),
    ];
    table_head(&["promise", "at most", "found", ""]) + &table_row(&cells)
}
