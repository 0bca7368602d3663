//! The tables of a run, in Markdown: they are the run folder's README and what the terminal shows.

use benches::load::Sample;
use benches::results::{Results, cell, table_head, table_row};

use crate::case::{CONNECTIONS, Case};
use crate::contestant::Contestant;
use crate::reach::REACH;

/// All tables.
pub(crate) fn page(
    results: &Results<Case, Contestant>,
    contestants: &[Contestant],
    pairs: usize,
) -> String {
    format!(
        "# ringmain beside nginx\n\n\
         CPU time of the server per request, user and system, in µs; {CONNECTIONS} connections; \
         median (min–max) of {pairs} pairs. A pair runs all servers one after the other, each a \
         fresh process alone on its CPU, the next pair in the opposite order; a ratio is taken \
         within a pair. The load is one thread of wrk on the other CPU: requests per second are \
         often its limit and not the server's, so read the CPU time. `nginx` has sendfile on, \
         `nginx-copy` has it off.\n\n\
         {}\n\
         ## User time (sampled by the kernel); P50 and P99 seen by wrk; µs\n\n{}\n\
         ## Memory of idle keep-alive connections, bytes each beyond the start\n\n{}\n\
         ## Reach\n\n{}",
        loads(results, contestants),
        details(results, contestants),
        results.idle_table(contestants),
        reach(results),
    )
}

fn loads(results: &Results<Case, Contestant>, contestants: &[Contestant]) -> String {
    use Contestant::{Nginx, NginxCopy, RingmainEpoll, RingmainUring};
    let mut columns = vec!["case".to_owned()];
    columns.extend(contestants.iter().map(ToString::to_string));
    columns.extend(["uring / nginx", "uring / nginx-copy", "epoll / uring"].map(String::from));
    let mut table = table_head(&columns);
    for case in Case::LOADED {
        let mut cells = vec![case.title().to_owned()];
        let cpu = |contestant: &Contestant| results.load(case, *contestant, |s| s.cpu_us);
        cells.extend(
            contestants
                .iter()
                .map(|contestant| cell(cpu(contestant), 2)),
        );
        cells.push(cell(results.ratio(case, RingmainUring, Nginx), 2));
        cells.push(cell(results.ratio(case, RingmainUring, NginxCopy), 2));
        cells.push(cell(results.ratio(case, RingmainEpoll, RingmainUring), 2));
        table += &table_row(&cells);
    }
    table
}

fn details(results: &Results<Case, Contestant>, contestants: &[Contestant]) -> String {
    let mut table = table_head(&["case", "server", "user", "P50", "P99", "requests/s"]);
    for case in Case::LOADED {
        for &contestant in contestants {
            let figure = |figure: fn(&Sample) -> f64| results.load(case, contestant, figure);
            let Some(user) = figure(|sample| sample.user_us) else {
                continue;
            };
            table += &table_row(&[
                case.title().to_owned(),
                contestant.to_string(),
                cell(Some(user), 2),
                cell(figure(|sample| sample.report.p50.as_secs_f64() * 1e6), 0),
                cell(figure(|sample| sample.report.p99.as_secs_f64() * 1e6), 0),
                cell(figure(Sample::requests_per_second), 0),
            ]);
        }
    }
    table
}

fn reach(results: &Results<Case, Contestant>) -> String {
    let mut table = table_head(&["promise", "at most", "found", ""]);
    for reach in &REACH {
        let found = reach.found(results);
        let verdict = found.map_or("not measured", |found| reach.verdict(&found));
        table += &table_row(&[
            reach.title(),
            reach.at_most().to_string(),
            cell(found, 2),
            verdict.to_owned(),
        ]);
    }
    table
}
