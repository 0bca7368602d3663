//! The ports on which somebody listens.

use super::root::Root;
use crate::setting::Ports;

/// `TCP_LISTEN` in proc_net_tcp(5).
const LISTEN: &str = "0A";

/// Ports that listen and lie in `first..=last`.
pub fn listening(root: &Root, first: u16, last: u16) -> Ports {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| root.text(path).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    lines
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().take(4).collect();
            let [_, local, _, LISTEN] = fields[..] else {
                return None;
            };
            u16::from_str_radix(local.rsplit(':').next()?, 16).ok()
        })
        .filter(|port| (first..=last).contains(port))
        .collect()
}
