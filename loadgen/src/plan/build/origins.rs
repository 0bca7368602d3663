//! URLs with requests, gathered by server.

use std::collections::HashMap;

use crate::plan::flags::{ConnectionFlags, ContentChoice, Flags, RequestFlags};
use crate::plan::mix::Mix;
use crate::plan::problem::Fault;
use crate::plan::request::{Body, RequestTemplate, RequestWish};
use crate::plan::url::{Place, Url, destinations};
use crate::plan::{Endpoint, Origin, Reuse, Security};

use super::{Target, World};

/// URLs that one scenario may have.
const TARGETS_MAX: usize = 10_000;

/// What goes to one server.
struct Group<'t> {
    url: &'t Url,
    requests: Vec<(RequestTemplate, f64)>,
}

/// The origins in the order in which they are first named.
pub(super) fn build(
    targets: &[Target],
    flags: &Flags,
    reuse: Reuse,
    world: World<'_>,
    faults: &mut Vec<Fault>,
) -> Vec<Origin> {
    if targets.is_empty() || targets.len() > TARGETS_MAX {
        let text = format!("{} URLs; there must be 1 to {TARGETS_MAX}", targets.len());
        faults.push(Fault::new("url", text));
        return Vec::new();
    }
    if targets.iter().all(|target| !target.url.url.is_tls) {
        faults.extend(tls_faults(&flags.connection));
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut group_of: HashMap<&str, usize> = HashMap::new();
    for (index, target) in targets.iter().enumerate() {
        let url = &target.url.url;
        match wish(target, &flags.request, reuse).compile(world.read) {
            Ok(template) => {
                let at = *group_of.entry(&url.label).or_insert_with(|| {
                    let requests = Vec::new();
                    groups.push(Group { url, requests });
                    groups.len() - 1
                });
                groups[at].requests.push((template, target.url.weight));
            }
            Err(error) => faults.push(Fault {
                index: Some(index),
                ..Fault::new("url", error)
            }),
        }
    }
    if flags.check.verify == Some(ContentChoice::FirstReply) {
        tell_apart(&mut groups);
    }
    let origins = groups.into_iter();
    origins
        .filter_map(|group| origin(group, &flags.connection, world, faults))
        .collect()
}

fn origin(
    group: Group<'_>,
    connection: &ConnectionFlags,
    world: World<'_>,
    faults: &mut Vec<Fault>,
) -> Option<Origin> {
    let endpoint = match &group.url.place {
        Place::Unix(path) => Endpoint::Unix(path.clone()),
        Place::Host { name, ports } => match destinations(name, ports, world.resolve) {
            Ok(addresses) => Endpoint::Tcp(addresses.into()),
            Err(error) => {
                faults.push(Fault::new("url", error));
                return None;
            }
        },
    };
    let Some(mix) = Mix::new(group.requests) else {
        faults.push(Fault::new("url", "weights must be above 0"));
        return None;
    };
    Some(Origin {
        label: group.url.label.clone(),
        endpoint,
        security: security(group.url, connection),
        mix,
    })
}

fn security(url: &Url, connection: &ConnectionFlags) -> Security {
    let host = match &url.place {
        Place::Host { name, .. } => name.clone(),
        Place::Unix(_) => return Security::Plain,
    };
    if !url.is_tls {
        return Security::Plain;
    }
    Security::Tls {
        sni: connection.sni.clone().unwrap_or(host),
        verifies_peer: !connection.insecure,
        resumes: !connection.no_resumption,
    }
}

fn tls_faults(connection: &ConnectionFlags) -> impl Iterator<Item = Fault> {
    let given = [
        (connection.sni.is_some(), "sni"),
        (connection.insecure, "insecure"),
        (connection.no_resumption, "no_resumption"),
    ];
    given
        .into_iter()
        .filter(|(is_given, _)| *is_given)
        .map(|(_, key)| Fault::new(key, "is for https, and no URL is; leave it out"))
}

/// The request of a target, with what it leaves open from the scenario's. Its own field lines
/// come after those of the scenario and replace those of the same name.
fn wish(target: &Target, common: &RequestFlags, reuse: Reuse) -> RequestWish {
    let own = &target.request;
    let name_of = |line: &str| line.split(':').next().unwrap_or(line).to_ascii_lowercase();
    let replaced: Vec<String> = own.header.iter().map(|line| name_of(line)).collect();
    let kept = common
        .header
        .iter()
        .filter(|line| !replaced.contains(&name_of(line)));
    let has_body = own.body.is_some() || own.body_file.is_some();
    let bodied = if has_body { own } else { common };
    let body = match (&bodied.body, &bodied.body_file) {
        (Some(text), _) => Body::Text(text.clone()),
        (None, Some(file)) => Body::File(file.clone()),
        (None, None) => Body::None,
    };
    RequestWish {
        method: own.method.clone().or_else(|| common.method.clone()),
        target: target.url.url.target.clone(),
        host: target.url.url.host(),
        fields: kept.chain(&own.header).cloned().collect(),
        body,
        reuse,
    }
}

/// First replies are kept by label: requests that differ in more than method and target need
/// labels that differ.
fn tell_apart(groups: &mut [Group<'_>]) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for (template, _) in groups.iter_mut().flat_map(|group| &mut group.requests) {
        let count = seen.entry(template.label.clone()).or_default();
        *count += 1;
        if *count > 1 {
            template.label = format!("{} ({count})", template.label);
        }
    }
}
