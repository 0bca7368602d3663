//! The processes that listen where the targets are, and the CPU time that they use.
//!
//! A target's listeners are found by address (several with SO_REUSEPORT), their processes by the
//! sockets that they hold: nginx's workers hold their parent's. Processes of other users show
//! their descriptors to nobody without a privilege, and are absent.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::plan::Endpoint;
use crate::record::report::ServerProcess;
use crate::truth::files::{HostFiles, cpu_list, labelled};
use crate::truth::thread::schedstat;

use super::listener::{is_of_this_host, listening_inodes};

/// Processes that are followed, at most: of a server with more, the first.
const PROCESSES_MAX: usize = 256;
/// Threads of one process that are followed, at most.
const THREADS_MAX: usize = 4096;
/// Descriptors of all processes together that are looked at.
const DESCRIPTORS_MAX: usize = 2_000_000;
/// A clock tick of /proc/PID/stat (USER_HZ is 100 on all that this runs on).
const TICK_NS: u64 = 10_000_000;
/// A thread that used less than this share of its process's CPU time does not answer requests.
const BUSY_THREAD_SHARE: f64 = 0.01;

/// The processes that answer, and whether the targets are on this host at all.
#[derive(Clone, Debug, Default)]
pub struct Servers {
    pids: Vec<u32>,
    here: bool,
}

/// CPU times of the servers at one moment, by process.
pub(super) type ServerTimes = BTreeMap<u32, ProcessTime>;

/// CPU time of one process since it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ProcessTime {
    /// When it began, in ticks since boot: a process id alone can be reused.
    began: u64,
    /// User and system time of all threads, those that ended included, in ticks.
    ticks: u64,
    /// Time on a CPU of every thread that lives, to the nanosecond.
    threads_ns: BTreeMap<u32, u64>,
}

/// CPU time of one process between two moments.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Used {
    all_ns: u64,
    threads_ns: BTreeMap<u32, u64>,
}

impl Servers {
    /// Finds them. Looks at every process and its descriptors: better done before the load.
    pub fn find(files: &HostFiles, endpoints: &[Endpoint]) -> Servers {
        let inodes = listening_inodes(files, endpoints);
        let mut pids = if inodes.is_empty() {
            Vec::new()
        } else {
            holders(files, &inodes)
        };
        pids.sort_unstable();
        Servers {
            pids,
            here: endpoints.iter().any(is_of_this_host),
        }
    }

    /// Whether a target's address is one of this host, whoever answers there.
    pub fn are_here(&self) -> bool {
        self.here
    }

    /// Their processes' ids.
    pub fn pids(&self) -> &[u32] {
        &self.pids
    }

    /// The servers' CPU times now. A process that ended is missing.
    pub(super) fn times(&self, files: &HostFiles) -> ServerTimes {
        self.pids
            .iter()
            .filter_map(|pid| Some((*pid, process_time(files, *pid)?)))
            .collect()
    }

    /// What they used between two readings, the second of which was taken just now. One that ended
    /// meanwhile has no CPU time.
    pub(super) fn report(
        &self,
        files: &HostFiles,
        begin: &ServerTimes,
        end: &ServerTimes,
    ) -> Vec<ServerProcess> {
        let server = |(pid, begin): (&u32, &ProcessTime)| {
            let used = end.get(pid).and_then(|end| end.since(begin));
            let busiest = used
                .as_ref()
                .and_then(|used| used.threads_ns.values().max());
            ServerProcess {
                pid: *pid,
                name: files.words(folder(*pid).join("comm")).unwrap_or_default(),
                cpu_ns: used.as_ref().map(|used| used.all_ns),
                busiest_thread_ns: busiest.copied(),
                cpus: used.map_or_else(Vec::new, |used| cpus(files, *pid, &used)),
            }
        };
        begin.iter().map(server).collect()
    }
}

impl ProcessTime {
    /// `None` where it is another process under the same id.
    fn since(&self, begin: &ProcessTime) -> Option<Used> {
        (self.began == begin.began).then_some(())?;
        let thread = |(id, ns): (&u32, &u64)| {
            let before = begin.threads_ns.get(id).copied().unwrap_or(0);
            (*id, ns.saturating_sub(before))
        };
        let threads_ns: BTreeMap<u32, u64> = self.threads_ns.iter().map(thread).collect();
        // The sum over threads is exact and forgets threads that ended; the ticks forget nobody
        // and are cut off twice (user and system time) at each end.
        let alive_ns: u64 = threads_ns.values().sum();
        let ticks = self.ticks.saturating_sub(begin.ticks).saturating_sub(2);
        Some(Used {
            all_ns: alive_ns.max(ticks * TICK_NS),
            threads_ns,
        })
    }
}

fn folder(pid: u32) -> PathBuf {
    Path::new("proc").join(pid.to_string())
}

/// The processes that hold one of the sockets.
fn holders(files: &HostFiles, inodes: &HashSet<u64>) -> Vec<u32> {
    let wanted: HashSet<String> = inodes
        .iter()
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let mut descriptors_left = DESCRIPTORS_MAX;
    let pids = files.names("proc").filter_map(|name| name.parse().ok());
    let holds = |pid: &u32| {
        let descriptors = folder(*pid).join("fd");
        files.names(&descriptors).any(|name| {
            descriptors_left = descriptors_left.saturating_sub(1);
            descriptors_left > 0
                && files
                    .link(descriptors.join(name))
                    .is_some_and(|target| wanted.contains(&target))
        })
    };
    pids.filter(holds).take(PROCESSES_MAX).collect()
}

fn process_time(files: &HostFiles, pid: u32) -> Option<ProcessTime> {
    let tasks = folder(pid).join("task");
    let thread = |name: String| {
        let stat = schedstat(&files.text(tasks.join(&name).join("schedstat"))?)?;
        Some((name.parse().ok()?, stat.cpu_ns))
    };
    let stat = files.text(folder(pid).join("stat"))?;
    let (ticks, began) = ticks_and_beginning(&stat)?;
    Some(ProcessTime {
        began,
        ticks,
        threads_ns: files
            .names(&tasks)
            .take(THREADS_MAX)
            .filter_map(thread)
            .collect(),
    })
}

/// Fields 14 and 15 (utime, stime) and 22 (starttime) of proc_pid_stat(5). The name, field 2, can
/// hold blanks and parentheses.
fn ticks_and_beginning(stat: &str) -> Option<(u64, u64)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let field = |number: usize| rest.split_whitespace().nth(number - 3)?.parse::<u64>().ok();
    Some((field(14)? + field(15)?, field(22)?))
}

/// The CPUs that the threads with work may use: a thread that only waits for signals may often run
/// where those that answer are kept from.
fn cpus(files: &HostFiles, pid: u32, used: &Used) -> Vec<usize> {
    let tasks = folder(pid).join("task");
    let enough_ns = (used.all_ns as f64 * BUSY_THREAD_SHARE) as u64;
    let busy = used.threads_ns.iter().filter(|(_, ns)| **ns >= enough_ns);
    let mut cpus: Vec<usize> = busy
        .filter_map(|(thread, _)| {
            let status = files.text(tasks.join(thread.to_string()).join("status"))?;
            cpu_list(labelled(&status, "Cpus_allowed_list")?)
        })
        .flatten()
        .collect();
    cpus.sort_unstable();
    cpus.dedup();
    cpus
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(began: u64, ticks: u64, threads_ns: &[(u32, u64)]) -> ProcessTime {
        ProcessTime {
            began,
            ticks,
            threads_ns: threads_ns.iter().copied().collect(),
        }
    }

    #[test]
    fn names_with_parentheses_do_not_shift_the_fields() {
        let stat = "77 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 120 30 13 14 15 16 17 18 5000 19 20\n";
        assert_eq!(ticks_and_beginning(stat), Some((150, 5000)));
        assert_eq!(ticks_and_beginning("77 (a) S 1 2"), None);
    }

    #[test]
    fn threads_are_counted_exactly_and_those_that_ended_by_ticks() {
        let begin = time(9, 100, &[(1, 1_000), (2, 500)]);
        let grown = time(9, 100, &[(1, 1_800), (2, 500), (3, 40)]);
        let used = grown.since(&begin).expect("the same process");
        assert_eq!(used.all_ns, 840);
        assert_eq!(used.threads_ns.values().max(), Some(&800));
        let ended = time(9, 202, &[(1, 1_800)])
            .since(&begin)
            .expect("the same process");
        assert_eq!(ended.all_ns, 100 * TICK_NS);
    }

    #[test]
    fn another_process_under_the_same_id_is_not_the_server() {
        assert_eq!(time(10, 5, &[]).since(&time(9, 5, &[])), None);
    }
}
