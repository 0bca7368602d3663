//! The current value of a knob, or of each of its instances.

use std::io::ErrorKind;

use super::interfaces::instances;
use super::process::{Service, row_of};
use super::sysctl::path_of;
use super::{Host, Netns};
use crate::catalogue::{Kind, Knob};
use crate::setting::Setting;

/// What was read for one instance of a knob.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The key, with the interface and queue where there are several: `nic.rps_cpus@eth0/rx-0`.
    pub name: String,
    /// The file as on the host, where the value has one.
    pub path: Option<String>,
    /// The value, or a clause that says why there is none.
    pub value: Result<Setting, String>,
}

/// Reads a knob: one reading, or one for each interface or queue.
pub fn readings(host: &Host, knob: &Knob) -> Vec<Reading> {
    match &knob.kind {
        Kind::Sysctl => vec![from_file(host, knob, knob.key.clone(), path_of(&knob.key))],
        Kind::Sysfs(path) => vec![from_file(host, knob, knob.key.clone(), path.clone())],
        Kind::Nic(Some(path)) => of_interfaces(host, knob, path),
        Kind::Nic(None) => vec![nothing(knob, "ethtool shows it; it is not read here")],
        Kind::Boot(Some(path)) => vec![from_file(host, knob, knob.key.clone(), path.clone())],
        Kind::Boot(None) => vec![from_command_line(host, knob)],
        Kind::Socket => vec![nothing(knob, "a program sets it on its own sockets")],
        Kind::Module => vec![module(host, knob)],
        Kind::Limit => vec![limit(host, knob)],
    }
}

fn of_interfaces(host: &Host, knob: &Knob, pattern: &str) -> Vec<Reading> {
    let found = instances(&host.root, pattern);
    if found.is_empty() {
        return vec![nothing(knob, "no interface with a device has it")];
    }
    let read = |(instance, path): (String, String)| {
        from_file(host, knob, format!("{}@{instance}", knob.key), path)
    };
    found.into_iter().map(read).collect()
}

fn from_file(host: &Host, knob: &Knob, name: String, path: String) -> Reading {
    let value = match host.root.text(&path) {
        Ok(text) => knob.shape.read(&text).map_err(|error| error.to_string()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(why_absent(host, knob, &path)),
        Err(error) => Err(format!("{path} cannot be read: {error}")),
    };
    Reading {
        name,
        path: Some(path),
        value,
    }
}

fn why_absent(host: &Host, knob: &Knob, path: &str) -> String {
    match (knob.since, knob.removed, host.facts.version) {
        (_, Some(removed), Some(version)) if version >= removed => {
            return format!("gone since Linux {removed}");
        }
        (Some(since), _, Some(version)) if version < since => {
            return format!("comes with Linux {since}, this is {}", host.facts.kernel);
        }
        (_, _, Some(_) | None) => {}
    }
    if knob.key.starts_with("net.netfilter.") || knob.key.starts_with("net.nf_conntrack") {
        return "connection tracking is not loaded".into();
    }
    if host.confinement.netns == Netns::Own && path.starts_with("/proc/sys/net/") {
        return "not visible in this network namespace, only on the host".into();
    }
    "this kernel does not have it".into()
}

fn from_command_line(host: &Host, knob: &Knob) -> Reading {
    let name = last_name(&knob.key);
    let line = host.root.text("/proc/cmdline").unwrap_or_default();
    let given = line
        .split_whitespace()
        .filter_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        .next_back();
    Reading {
        name: knob.key.clone(),
        path: None,
        value: match given {
            Some(text) => knob.shape.read(text).map_err(|error| error.to_string()),
            None => Err("not given on the kernel command line".into()),
        },
    }
}

fn module(host: &Host, knob: &Knob) -> Reading {
    let loaded = host
        .root
        .has(&format!("/sys/module/{}", last_name(&knob.key)));
    Reading {
        name: knob.key.clone(),
        path: None,
        value: Ok(Setting::Numbers(vec![i128::from(loaded)])),
    }
}

fn limit(host: &Host, knob: &Knob) -> Reading {
    let name = last_name(&knob.key);
    let value = match (&host.service, host.service.limit(name)) {
        (_, Some(text)) => knob.shape.read(text).map_err(|error| error.to_string()),
        (Service::NotSeen(why), None) => {
            Err(format!("{why}; name the service with --unit or --pid"))
        }
        (Service::Running { .. }, None) if row_of(name).is_none() => {
            Err("the unit's file says it; it is not read here".into())
        }
        (Service::Running { pid, .. }, None) => Err(format!("process {pid} does not show it")),
    };
    Reading {
        name: knob.key.clone(),
        path: None,
        value,
    }
}

fn nothing(knob: &Knob, why: &str) -> Reading {
    Reading {
        name: knob.key.clone(),
        path: None,
        value: Err(why.to_owned()),
    }
}

fn last_name(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}
