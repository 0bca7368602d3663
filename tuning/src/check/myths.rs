//! Recipes found on a host: by the current value, or by what is configured for the next start.

use super::judge::Verdict;
use super::variables::Variables;
use crate::catalogue::{Catalogue, Myth, MythKind, MythVerdict};
use crate::goal::Goal;
use crate::host::{Host, configured_limit, sysctl};
use crate::setting::{Setting, Shape};

/// A recipe that was followed on this host.
#[derive(Clone, Debug)]
pub struct Carried<'c> {
    /// The myth.
    pub myth: &'c Myth,
    /// Myth or unsafe.
    pub verdict: Verdict,
    /// The current value, if there is one.
    pub current: Option<String>,
    /// Where it is configured, as `file:line` with its value.
    pub configured: Option<String>,
}

/// Every myth that the host carries.
pub fn carried<'c>(catalogue: &'c Catalogue, host: &Host, goal: &Goal) -> Vec<Carried<'c>> {
    let myths = catalogue.myths().iter();
    myths
        .filter_map(|myth| look_for(myth, catalogue, host, goal))
        .collect()
}

fn look_for<'c>(
    myth: &'c Myth,
    catalogue: &'c Catalogue,
    host: &Host,
    goal: &Goal,
) -> Option<Carried<'c>> {
    let (current, configured) = found(myth, host);
    let default = catalogue
        .knob(&myth.key)
        .and_then(|knob| knob.default.formula.as_ref());
    let setting = current.as_deref().and_then(any_setting);
    let variables = Variables {
        facts: &host.facts,
        goal,
        current: setting.as_ref(),
        default,
        configured: configured.is_some(),
    };
    // A formula without a value here detects nothing.
    let detected = myth
        .detect
        .holds(&|variable| variables.of(variable))
        .unwrap_or(false);
    detected.then_some(Carried {
        myth,
        verdict: match myth.verdict {
            MythVerdict::Myth => Verdict::Myth,
            MythVerdict::Unsafe => Verdict::Unsafe,
        },
        current,
        configured,
    })
}

/// The current value and where it is configured.
fn found(myth: &Myth, host: &Host) -> (Option<String>, Option<String>) {
    match myth.kind {
        MythKind::Sysctl => {
            let configured = host
                .configured
                .of(&myth.key)
                .last()
                .map(|winner| format!("{}:{} sets {}", winner.file, winner.line, winner.value));
            (host.root.word(&sysctl::path_of(&myth.key)), configured)
        }
        MythKind::LimitsFile => {
            let item = myth.key.rsplit(' ').next().unwrap_or_default();
            let value = configured_limit(&host.root, item);
            let place = value
                .as_ref()
                .map(|_| "in /etc/security/limits.conf or limits.d".into());
            (value, place)
        }
        MythKind::Boot => {
            let wanted = myth.key.strip_prefix("boot.").unwrap_or(&myth.key);
            let line = host.root.word("/proc/cmdline").unwrap_or_default();
            let given = line.split_whitespace().any(|word| word == wanted);
            (
                None,
                given.then(|| format!("{wanted} is on the kernel command line")),
            )
        }
        MythKind::Elsewhere => (None, None),
    }
}

/// A value whose knob may be unknown: numbers if it has numbers, otherwise a word.
fn any_setting(text: &str) -> Option<Setting> {
    let shapes = [
        Shape::Integer,
        Shape::Pair,
        Shape::Triple,
        Shape::Word(Vec::new()),
    ];
    shapes.iter().find_map(|shape| shape.read(text).ok())
}
