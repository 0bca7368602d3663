//! What a server and its children have used, from /proc: CPU time and resident memory.
//!
//! The total is the scheduler's own sum in nanoseconds (`schedstat`), exact to the switch. The
//! split into user and system is not measured by the kernel but sampled, 100 to 1,000 times a
//! second (CONFIG_HZ), and shown in ticks of 10 ms: a share of 3 % over 5 s stands on some 37
//! samples, so its own error is a sixth of it. Read the split as a median of several runs.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use crate::failure::Failure;

/// CPU time of a set of processes since each started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// Nanoseconds of each thread that lives.
    threads: BTreeMap<u32, u64>,
    user_ticks: u64,
    system_ticks: u64,
}

/// CPU time between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuUse {
    /// User and system together.
    pub total: Duration,
    /// The sampled share of it in user mode.
    pub user: Duration,
}

/// Resident memory of a set of processes, in bytes. Pages that two of them share count twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// Everything resident.
    pub rss: u64,
    /// What no other process has.
    pub private: u64,
}

impl CpuTime {
    /// Reads the clock of all `processes`.
    pub fn of(processes: &[u32]) -> Result<Self, Failure> {
        let mut time = Self::default();
        for &process in processes {
            let stat = parse_stat(&read(format!("/proc/{process}/stat"))?)?;
            time.user_ticks += stat.user_ticks;
            time.system_ticks += stat.system_ticks;
            for thread in threads(process)? {
                // A thread may end between the listing and this line.
                let path = format!("/proc/{process}/task/{thread}/schedstat");
                if let Ok(text) = fs::read_to_string(path) {
                    time.threads.insert(thread, parse_schedstat(&text)?);
                }
            }
        }
        Ok(time)
    }

    /// What was used since an `earlier` reading. A thread that has ended in between took its
    /// nanoseconds with it; then, and on a kernel without schedstat, the ticks must do.
    pub fn since(&self, earlier: &Self, ticks_per_second: u64) -> CpuUse {
        let user = self.user_ticks.saturating_sub(earlier.user_ticks);
        let system = self.system_ticks.saturating_sub(earlier.system_ticks);
        let ticks = user + system;
        let all_live = earlier.threads.keys().all(|t| self.threads.contains_key(t));
        let total = match all_live && !self.threads.is_empty() {
            true => {
                let sum = |time: &Self| time.threads.values().sum::<u64>();
                Duration::from_nanos(sum(self).saturating_sub(sum(earlier)))
            }
            false => Duration::from_secs_f64(ticks as f64 / ticks_per_second as f64),
        };
        let user = total.mul_f64(user as f64 / ticks.max(1) as f64);
        CpuUse { total, user }
    }
}

impl Memory {
    /// Reads the memory of all `processes`.
    pub fn of(processes: &[u32]) -> Result<Self, Failure> {
        let mut memory = Self::default();
        for process in processes {
            let rollup = parse_smaps(&read(format!("/proc/{process}/smaps_rollup"))?)?;
            memory.rss += rollup.rss;
            memory.private += rollup.private;
        }
        Ok(memory)
    }
}

/// `root` and all that descend from it.
pub fn family(root: u32) -> Result<Vec<u32>, Failure> {
    let listing = fs::read_dir("/proc").map_err(Failure::io("/proc cannot be read"))?;
    let parents: BTreeMap<u32, u32> = listing
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|process: u32| {
            // A process may end between the listing and this line.
            let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            Some((process, parse_stat(&text).ok()?.parent))
        })
        .collect();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        let children = parents.iter().filter(|(_, of)| **of == parent);
        family.extend(children.map(|(child, _)| *child));
        next += 1;
    }
    Ok(family)
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    user_ticks: u64,
    system_ticks: u64,
}

fn threads(process: u32) -> Result<Vec<u32>, Failure> {
    let path = format!("/proc/{process}/task");
    let listing = fs::read_dir(&path).map_err(Failure::io(path))?;
    let threads = listing.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(threads.collect())
}

fn read(path: String) -> Result<String, Failure> {
    fs::read_to_string(&path).map_err(Failure::io(path))
}

/// proc_pid_stat(5). The second field is the name in parentheses, which may hold anything.
fn parse_stat(text: &str) -> Result<Stat, Failure> {
    let parse = || {
        let (_, rest) = text.rsplit_once(") ")?;
        let mut fields = rest.split_ascii_whitespace();
        Some(Stat {
            parent: fields.nth(1)?.parse().ok()?,
            user_ticks: fields.nth(9)?.parse().ok()?,
            system_ticks: fields.next()?.parse().ok()?,
        })
    };
    parse().ok_or_else(|| unparsed("/proc/PID/stat", text))
}

/// Time on the CPU, time waiting for it, and how often it got it; nanoseconds.
fn parse_schedstat(text: &str) -> Result<u64, Failure> {
    let on_cpu = text.split(' ').next().and_then(|first| first.parse().ok());
    on_cpu.ok_or_else(|| unparsed("/proc/PID/task/TID/schedstat", text))
}

fn parse_smaps(text: &str) -> Result<Memory, Failure> {
    let bytes = |label: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(label))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024)
    };
    let parse = || {
        Some(Memory {
            rss: bytes("Rss:")?,
            private: bytes("Private_Clean:")? + bytes("Private_Dirty:")?,
        })
    };
    parse().ok_or_else(|| unparsed("/proc/PID/smaps_rollup", text))
}

fn unparsed(what: &'static str, text: &str) -> Failure {
    Failure::Unparsed {
        what,
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const STAT: &str = "2034 (nginx: a) b) S 2033 2033 1973 0 -1 4194624 412 0 0 0 131 409 0 0 20 \
        0 1 0 132761 11571200 1201 18446744073709551615 1 1 0 0 0 0 0 1073745920 402745863 1 0 0 \
        17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

    const SMAPS: &str = "5610b1c0e000-7ffdb05c7000 ---p 00000000 00:00 0    [rollup]
Rss:                5312 kB
Pss:                2010 kB
Shared_Clean:       3460 kB
Private_Clean:       128 kB
Private_Dirty:      1724 kB
Anonymous:          1624 kB
";

    #[test]
    fn a_name_with_a_parenthesis_does_not_shift_the_fields() {
        let expected = Stat {
            parent: 2033,
            user_ticks: 131,
            system_ticks: 409,
        };
        assert_eq!(parse_stat(STAT).ok(), Some(expected));
        assert!(parse_stat("2034 (nginx").is_err());
    }

    #[test]
    fn schedstat_starts_with_the_time_on_the_cpu() {
        let parsed = parse_schedstat("2782356827 25854292 16984\n");
        assert_eq!(parsed.ok(), Some(2_782_356_827));
        assert!(parse_schedstat("").is_err());
    }

    #[test]
    fn private_memory_is_clean_and_dirty() {
        let expected = Memory {
            rss: 5312 * 1024,
            private: 1852 * 1024,
        };
        assert_eq!(parse_smaps(SMAPS).ok(), Some(expected));
        assert!(parse_smaps("Rss: 12 MB").is_err());
    }

    fn time(threads: &[(u32, u64)], user_ticks: u64, system_ticks: u64) -> CpuTime {
        CpuTime {
            threads: threads.iter().copied().collect(),
            user_ticks,
            system_ticks,
        }
    }

    #[test]
    fn the_total_is_the_schedulers_and_the_share_is_sampled() {
        let earlier = time(&[(7, 1_000_000_000)], 10, 90);
        let later = time(&[(7, 3_000_000_000), (8, 2_000_000_000)], 110, 390);
        let expected = CpuUse {
            total: Duration::from_secs(4),
            user: Duration::from_secs(1),
        };
        assert_eq!(later.since(&earlier, 100), expected);
    }

    #[test]
    fn a_thread_that_ended_leaves_the_ticks() {
        let earlier = time(&[(7, 1_000_000_000), (8, 5_000_000_000)], 10, 90);
        let later = time(&[(7, 3_000_000_000)], 110, 390);
        let expected = CpuUse {
            total: Duration::from_secs(4),
            user: Duration::from_secs(1),
        };
        assert_eq!(later.since(&earlier, 100), expected);
    }

    #[test]
    fn this_process_uses_time_and_memory() {
        let me = std::process::id();
        assert!(Memory::of(&[me]).is_ok_and(|memory| memory.rss >= memory.private));
        assert!(family(me).is_ok_and(|family| family[0] == me));
        let earlier = CpuTime::of(&[me]).expect("our own /proc entry is readable");
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut later = earlier.clone();
        while later == earlier && Instant::now() < deadline {
            later = CpuTime::of(&[me]).expect("our own /proc entry is readable");
        }
        assert!(later.since(&earlier, 100).total > Duration::ZERO);
    }
}
