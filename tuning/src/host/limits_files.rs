//! What pam_limits(8) would give a login: /etc/security/limits.conf and limits.d.

use super::root::Root;

/// The largest limit of a name (`nofile`) that the files give everybody (`*`).
pub fn configured_limit(root: &Root, name: &str) -> Option<String> {
    let folder = "/etc/security/limits.d";
    let mut files = vec!["/etc/security/limits.conf".to_owned()];
    let names = root.names(folder).into_iter();
    files.extend(
        names
            .filter(|name| name.ends_with(".conf"))
            .map(|name| format!("{folder}/{name}")),
    );
    let texts: Vec<String> = files
        .iter()
        .map(|file| root.text(file).unwrap_or_default())
        .collect();
    let values = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().take(4).collect();
            match fields[..] {
                ["*", _, item, value] if item == name => Some(value),
                _ => None,
            }
        });
    let largest = values.max_by_key(|value| value.parse::<u64>().unwrap_or(u64::MAX));
    largest.map(str::to_owned)
}
