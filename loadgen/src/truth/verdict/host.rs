//! Whether the host let the figures be: losses, stolen time, and a server on the same CPUs.

use crate::record::report::{Finding, Level, RunReport, ServerProcess};

use super::figures::{counted, percent};
use super::finding;

/// Segments sent again, as a share of requests.
const RETRANSMIT_SHARE_MAX: f64 = 0.0001;
/// CPU time that the hypervisor took.
const STEAL_SHARE_MAX: f64 = 0.01;
/// Less idle time than this, and somebody waits for a CPU.
const IDLE_SHARE_MIN: f64 = 0.05;
/// A server that uses this share of what it may use is at its limit.
const SERVER_LIMIT_SHARE: f64 = 0.9;

/// What is found.
pub(super) fn findings(run: &RunReport) -> impl Iterator<Item = Finding> {
    [
        co_located(run),
        retransmits(run),
        softnet(run),
        listen_drops(run),
        steal(run),
        pacing(run),
        server_limit(run),
    ]
    .into_iter()
    .flatten()
}

/// The server that is at its limit, in words; `None` where none is seen to be.
pub(super) fn limiting_server(run: &RunReport) -> Option<String> {
    let window_ns = run.window_s * 1e9;
    let one = run.truth.servers.iter().find_map(|server| {
        let share = server.busiest_thread_ns? as f64 / window_ns;
        (share >= SERVER_LIMIT_SHARE).then(|| {
            format!(
                "{} (process {}), of which a thread used {} of a CPU,",
                server.name,
                server.pid,
                percent(share)
            )
        })
    });
    one.or_else(|| {
        let cpus = server_cpus(run);
        let used = run.truth.servers.iter().filter_map(|server| server.cpu_ns);
        let share = used.sum::<u64>() as f64 / (window_ns * cpus.len() as f64);
        let name = &run.truth.servers.first()?.name;
        (!cpus.is_empty() && share >= SERVER_LIMIT_SHARE).then(|| {
            format!(
                "{name}, which used {} of the {} that it may use,",
                percent(share),
                counted(cpus.len() as u64, "CPU")
            )
        })
    })
}

fn server_cpus(run: &RunReport) -> Vec<usize> {
    let cpus = |server: &ServerProcess| server.cpus.clone();
    let mut cpus: Vec<usize> = run.truth.servers.iter().flat_map(cpus).collect();
    cpus.sort_unstable();
    cpus.dedup();
    cpus
}

/// A client with room is as it should be: this only says whom the figures are of.
fn server_limit(run: &RunReport) -> Option<Finding> {
    let server = limiting_server(run)?;
    Some(finding(
        Level::Note,
        "server-limit",
        format!("{server} looks like the limit: the throughput is the server's."),
    ))
}

/// A thread that is pinned nowhere may run where the server does.
fn co_located(run: &RunReport) -> Option<Finding> {
    if run.truth.servers.is_empty() {
        return None;
    }
    let servers = server_cpus(run);
    let shares = |cpu: Option<usize>| cpu.is_none_or(|cpu| servers.contains(&cpu));
    let shared = !servers.is_empty() && run.threads.iter().any(|thread| shares(thread.cpu));
    let idle = run.truth.idle.filter(|idle| *idle < IDLE_SHARE_MIN);
    let seen = match (shared, idle) {
        (false, None) => return None,
        (true, None) => "the server may use CPUs of the generator".to_owned(),
        (false, Some(idle)) => format!("the host was idle for {} only", percent(idle)),
        (true, Some(idle)) => format!(
            "the server may use CPUs of the generator, and the host was idle for {} only",
            percent(idle)
        ),
    };
    Some(finding(
        Level::Warning,
        "co-located",
        format!(
            "Co-located: throughput is a lower bound, because {seen}; give each its own CPUs \
             (--cpus, taskset) or drive the load from another machine."
        ),
    ))
}

fn retransmits(run: &RunReport) -> Option<Finding> {
    let segments = run.truth.retransmitted_segments?;
    let share = segments as f64 / run.totals.requests.max(1) as f64;
    (share > RETRANSMIT_SHARE_MAX).then(|| {
        finding(
            Level::Warning,
            "retransmits",
            format!(
                "{} sent again are {} of the requests, over {}: each waited 200 ms or more; look \
                 for loss on the way, full accept queues (nstat, ss -ti), or other traffic.",
                counted(segments, "segment"),
                percent(share),
                percent(RETRANSMIT_SHARE_MAX)
            ),
        )
    })
}

fn softnet(run: &RunReport) -> Option<Finding> {
    let dropped = run.truth.softnet_dropped.filter(|dropped| *dropped > 0)?;
    Some(finding(
        Level::Warning,
        "softnet-drops",
        format!(
            "The host dropped {} because a CPU's backlog was full: raise \
             net.core.netdev_max_backlog, or spread the traffic over more CPUs.",
            counted(dropped, "packet")
        ),
    ))
}

fn listen_drops(run: &RunReport) -> Option<Finding> {
    let drops = run.truth.listen_drops.filter(|drops| *drops > 0)?;
    Some(finding(
        Level::Warning,
        "listen-drops",
        format!(
            "{} lost to a full queue on this host, to be tried again after 1 s: raise the \
             server's backlog and net.core.somaxconn, or open slower with --connect-rate.",
            match drops {
                1 => "A connect was".to_owned(),
                drops => format!("{} were", counted(drops, "connect")),
            }
        ),
    ))
}

fn steal(run: &RunReport) -> Option<Finding> {
    let share = run.truth.steal.filter(|share| *share > STEAL_SHARE_MAX)?;
    Some(finding(
        Level::Warning,
        "steal",
        format!(
            "The hypervisor took {} of the CPU time, over {}: repeat the run when the machine \
             has less company, or compare repeated runs only.",
            percent(share),
            percent(STEAL_SHARE_MAX)
        ),
    ))
}

fn pacing(run: &RunReport) -> Option<Finding> {
    let control = run.truth.congestion_control.as_deref()?;
    (control.starts_with("bbr") && run.truth.fair_queueing == Some(false)).then(|| {
        finding(
            Level::Note,
            "bbr-without-fq",
            "Congestion control is bbr and the interface has no fq: TCP paces by timers, which \
             costs CPU for large responses; use sysctl net.core.default_qdisc=fq before the \
             interface comes up, or net.ipv4.tcp_congestion_control=cubic."
                .to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::truth::verdict::sample::{breaks, sound};

    use super::*;

    #[test]
    fn co_located_is_who_shares_a_cpu_with_the_server() {
        let on = |generator, server: &[usize]| {
            breaks("co-located", |run| {
                run.threads[0].cpu = generator;
                run.truth.servers[0].cpus = server.to_vec();
            })
        };
        assert!(!on(Some(1), &[3]));
        assert!(on(Some(1), &[0, 1]));
        assert!(on(None, &[3]));
        assert!(!on(None, &[]));
    }

    #[test]
    fn co_located_is_who_leaves_the_servers_host_no_idle_time() {
        let idle = |share| breaks("co-located", |run| run.truth.idle = Some(share));
        assert!(!idle(0.05));
        assert!(idle(0.049));
        let remote = breaks("co-located", |run| {
            run.truth.servers.clear();
            run.truth.idle = Some(0.0);
        });
        assert!(!remote);
    }

    #[test]
    fn one_segment_in_ten_thousand_requests_may_be_sent_again() {
        let at = |segments| {
            breaks("retransmits", |run| {
                run.truth.retransmitted_segments = segments
            })
        };
        assert!(!at(Some(10)));
        assert!(at(Some(11)));
        assert!(!at(None));
    }

    #[test]
    fn a_drop_is_one_too_many() {
        let softnet = |drops| breaks("softnet-drops", |run| run.truth.softnet_dropped = drops);
        assert!(softnet(Some(1)) && !softnet(Some(0)) && !softnet(None));
        let listen = |drops| breaks("listen-drops", |run| run.truth.listen_drops = drops);
        assert!(listen(Some(1)) && !listen(Some(0)) && !listen(None));
    }

    #[test]
    fn one_percent_may_be_stolen() {
        let at = |share| breaks("steal", |run| run.truth.steal = Some(share));
        assert!(!at(0.01));
        assert!(at(0.011));
    }

    #[test]
    fn bbr_needs_fq() {
        let with = |control: &str, fair| {
            breaks("bbr-without-fq", |run| {
                run.truth.congestion_control = Some(control.to_owned());
                run.truth.fair_queueing = fair;
            })
        };
        assert!(with("bbr", Some(false)));
        assert!(!with("bbr", Some(true)));
        assert!(!with("bbr", None));
        assert!(!with("cubic", Some(false)));
    }

    /// One thread at its end is a limit whatever the CPUs; many threads are one when they fill the
    /// CPUs that they may use.
    #[test]
    fn a_server_is_the_limit_by_its_busiest_thread_or_by_its_cpus() {
        let with = |busiest, all, cpus: &[usize]| {
            let mut run = sound();
            run.truth.servers[0].busiest_thread_ns = Some(busiest);
            run.truth.servers[0].cpu_ns = Some(all);
            run.truth.servers[0].cpus = cpus.to_vec();
            limiting_server(&run).is_some()
        };
        const S: u64 = 1_000_000_000;
        assert!(with(9 * S, 9 * S, &[3, 4, 5]));
        assert!(!with(8 * S, 8 * S, &[3, 4, 5]));
        assert!(with(3 * S, 18 * S, &[3, 4]));
        assert!(!with(3 * S, 17 * S, &[3, 4]));
        assert!(breaks("server-limit", |run| {
            run.truth.servers[0].busiest_thread_ns = Some(10 * S);
        }));
    }
}
