//! Network interfaces and the files that each of them, or each of their queues, has.

use super::root::Root;

/// The most instances of one knob that are looked at.
const INSTANCES_MAX: usize = 1024;

/// Interfaces with a device behind them; bridges, tunnels and loopback are not tuned.
pub(super) fn interfaces(root: &Root) -> Vec<String> {
    let names = root.names("/sys/class/net").into_iter();
    names
        .filter(|name| root.has(&format!("/sys/class/net/{name}/device")))
        .collect()
}

/// Every file that a path with `{nic}` and `{queue}` stands for, with the name of the instance.
pub(super) fn instances(root: &Root, pattern: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for nic in interfaces(root) {
        let path = pattern.replace("{nic}", &nic);
        let Some((before, after)) = path.split_once("{queue}") else {
            found.push((nic, path));
            continue;
        };
        let folder_end = before.rfind('/').unwrap_or(0);
        let (folder, prefix) = (&before[..folder_end], &before[folder_end + 1..]);
        for name in root.names(folder) {
            let whole = format!("{folder}/{name}{after}");
            if name.starts_with(prefix) && root.has(&whole) {
                found.push((format!("{nic}/{name}"), whole));
            }
        }
    }
    found.truncate(INSTANCES_MAX);
    found
}
