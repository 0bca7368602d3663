//! Counters of the host and of its network namespace: what the kernel counts since it started.

use crate::truth::files::HostFiles;

/// One reading. `None`: the file or the column is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HostCounters {
    /// `Tcp.RetransSegs`.
    pub(super) retransmitted_segments: Option<u64>,
    /// Column 2 of softnet_stat, all CPUs.
    pub(super) softnet_dropped: Option<u64>,
    /// Column 3 of softnet_stat, all CPUs.
    pub(super) softnet_squeezed: Option<u64>,
    /// `TcpExt.ListenDrops`, which counts overflows of the accept queue too
    /// (`TcpExt.ListenOverflows`): the kernel bumps both for one of them.
    pub(super) listen_drops: Option<u64>,
    /// The `cpu` line of /proc/stat.
    ticks: Option<Ticks>,
}

/// CPU time of all CPUs in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    idle: u64,
    steal: u64,
    all: u64,
}

/// Shares of the host's CPU time, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CpuShares {
    pub(super) idle: f64,
    pub(super) steal: f64,
}

impl HostCounters {
    /// Reads them all.
    pub(super) fn read(files: &HostFiles) -> HostCounters {
        let snmp = files.text("proc/net/snmp").unwrap_or_default();
        let netstat = files.text("proc/net/netstat").unwrap_or_default();
        let softnet = files.text("proc/net/softnet_stat").unwrap_or_default();
        HostCounters {
            retransmitted_segments: paired(&snmp, "Tcp", "RetransSegs"),
            softnet_dropped: hex_column(&softnet, 1),
            softnet_squeezed: hex_column(&softnet, 2),
            listen_drops: paired(&netstat, "TcpExt", "ListenDrops"),
            ticks: files.text("proc/stat").as_deref().and_then(ticks),
        }
    }

    /// What a counter grew by since `begin`.
    pub(super) fn since(
        &self,
        begin: &HostCounters,
        counter: impl Fn(&HostCounters) -> Option<u64>,
    ) -> Option<u64> {
        let (begin, end) = counter(begin).zip(counter(self))?;
        Some(end.saturating_sub(begin))
    }

    /// How CPU time was spent from this reading to `end`; `None` before a tick has passed.
    pub(super) fn cpu_shares(&self, end: &HostCounters) -> Option<CpuShares> {
        let (begin, end) = self.ticks.zip(end.ticks)?;
        let all = end.all.saturating_sub(begin.all);
        let share = |begin: u64, end: u64| end.saturating_sub(begin) as f64 / all as f64;
        (all > 0).then(|| CpuShares {
            idle: share(begin.idle, end.idle),
            steal: share(begin.steal, end.steal),
        })
    }
}

/// A column of the files that have a line of names and a line of values per protocol.
fn paired(text: &str, protocol: &str, column: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| {
        let (label, rest) = line.split_once(':')?;
        (label == protocol).then_some(rest)
    });
    let (names, values) = (lines.next()?, lines.next()?);
    let index = names.split_whitespace().position(|name| name == column)?;
    values.split_whitespace().nth(index)?.parse().ok()
}

/// The sum of a column of hexadecimal numbers.
fn hex_column(text: &str, column: usize) -> Option<u64> {
    let mut values = text
        .lines()
        .map(|line| u64::from_str_radix(line.split_whitespace().nth(column)?, 16).ok())
        .peekable();
    values.peek()?;
    values.sum()
}

/// `cpu user nice system idle iowait irq softirq steal guest guest_nice`; guest time is part of
/// user time.
fn ticks(stat: &str) -> Option<Ticks> {
    const KINDS: usize = 8;
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = line
        .split_whitespace()
        .take(KINDS)
        .map(|field| field.parse().ok())
        .collect::<Option<_>>()?;
    let [_, _, _, idle, iowait, _, _, steal] = fields[..] else {
        return None;
    };
    Some(Ticks {
        idle: idle + iowait,
        steal,
        all: fields.iter().sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNMP: &str = "Ip: Forwarding DefaultTTL\nIp: 2 64\n\
        Tcp: RtoAlgorithm MaxConn InSegs RetransSegs InErrs\nTcp: 1 -1 342048608 720103 0\n\
        Udp: InDatagrams\nUdp: 4\n";

    #[test]
    fn columns_are_found_by_protocol_and_name() {
        assert_eq!(paired(SNMP, "Tcp", "RetransSegs"), Some(720_103));
        assert_eq!(paired(SNMP, "Udp", "InDatagrams"), Some(4));
        assert_eq!(paired(SNMP, "Tcp", "InDatagrams"), None);
        assert_eq!(paired(SNMP, "TcpExt", "ListenDrops"), None);
        assert_eq!(paired("Tcp: RetransSegs\n", "Tcp", "RetransSegs"), None);
    }

    #[test]
    fn softnet_columns_are_hexadecimal_and_summed_over_cpus() {
        let text = "0966751b 000000cb 00000001 00000000\n0afccc1c 0000000a 0000001f 00000000\n";
        assert_eq!(hex_column(text, 1), Some(0xcb + 0xa));
        assert_eq!(hex_column(text, 2), Some(0x20));
        assert_eq!(hex_column(text, 9), None);
        assert_eq!(hex_column("", 1), None);
    }

    #[test]
    fn waiting_for_a_disk_is_idle_and_guests_are_not_counted_twice() {
        let text = "cpu  100 0 50 800 20 5 5 20 90 9\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        let expected = Ticks {
            idle: 820,
            steal: 20,
            all: 1000,
        };
        assert_eq!(ticks(text), Some(expected));
        assert_eq!(ticks("cpu  1 2 3\n"), None);
        assert_eq!(ticks("intr 5\n"), None);
    }

    #[test]
    fn shares_are_of_the_time_between_two_readings() {
        let reading = |idle, steal, all| HostCounters {
            ticks: Some(Ticks { idle, steal, all }),
            ..HostCounters::default()
        };
        let begin = reading(500, 10, 1000);
        let shares = begin.cpu_shares(&reading(550, 30, 1200));
        let expected = CpuShares {
            idle: 0.25,
            steal: 0.1,
        };
        assert_eq!(shares, Some(expected));
        assert_eq!(begin.cpu_shares(&begin), None);
    }
}
