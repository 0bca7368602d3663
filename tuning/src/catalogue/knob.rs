//! What the catalogue knows: knobs and myths, as meant.

use std::fmt;

use super::problem::Place;
use crate::formula::Formula;
use crate::setting::{Operation, Shape};

/// Something that can be set, and what to set it to.
#[derive(Clone, Debug)]
pub struct Knob {
    /// The name that a user types.
    pub key: String,
    /// Where the value lives.
    pub kind: Kind,
    /// Whom a change concerns.
    pub scope: Scope,
    /// What the value looks like.
    pub shape: Shape,
    /// What the kernel accepts.
    pub range: Range,
    /// The unit of the value, in words.
    pub unit: Option<String>,
    /// The kernel's default.
    pub default: Default,
    /// The kernel that brought it.
    pub since: Option<Version>,
    /// The kernel that dropped it.
    pub removed: Option<Version>,
    /// Whom the wanted value is for.
    pub roles: Vec<Role>,
    /// When the wanted value is needed.
    pub when: Option<Formula>,
    /// How the wanted value is meant.
    pub operation: Operation,
    /// The wanted value; present unless the operation is `leave`.
    pub wanted: Option<Wanted>,
    /// Why, in a sentence or two.
    pub why: String,
    /// The counters that show the need and the effect.
    pub counters: Vec<String>,
    /// What can go wrong.
    pub risk: Risk,
    /// The current value makes the host unsafe.
    pub unsafe_when: Option<Formula>,
    /// Who else writes it, or what contradicts it.
    pub conflicts: Vec<String>,
    /// The scenario that can prove it.
    pub prove: Option<String>,
    /// The kernel document or code.
    pub source: String,
    /// Where the entry stands.
    pub place: Place,
}

/// A recipe that does not do what is said of it.
#[derive(Clone, Debug)]
pub struct Myth {
    /// The key that the recipe sets.
    pub key: String,
    /// Where the value lives.
    pub kind: MythKind,
    /// The line as articles have it.
    pub recipe: String,
    /// When this host carries the myth.
    pub detect: Formula,
    /// What is said of it.
    pub claim: String,
    /// What it really does.
    pub truth: String,
    /// What it costs.
    pub harm: String,
    /// How bad it is.
    pub verdict: MythVerdict,
    /// The scenario that demonstrates it.
    pub prove: Option<String>,
    /// The counters that show it.
    pub counters: Vec<String>,
    /// The kernel document or code.
    pub source: String,
    /// Where the entry stands.
    pub place: Place,
}

/// Where a value lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Below /proc/sys.
    Sysctl,
    /// A limit of the service's processes.
    Limit,
    /// A file below /sys or /proc.
    Sysfs(String),
    /// A file for each interface or queue; without one, a setting that only ethtool shows.
    Nic(Option<String>),
    /// The kernel command line; the file shows what it came to.
    Boot(Option<String>),
    /// Set by a program on its own sockets.
    Socket,
    /// A kernel module that has to be there.
    Module,
}

/// Where the value of a myth lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MythKind {
    /// Below /proc/sys.
    Sysctl,
    /// In the files of pam_limits(8).
    LimitsFile,
    /// On the kernel command line.
    Boot,
    /// Nowhere that a program could look.
    Elsewhere,
}

/// Whom a change concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The network namespace.
    Netns,
    /// The whole host.
    Global,
    /// The service.
    Unit,
    /// An interface.
    Nic,
    /// The host from its next start.
    Boot,
}

/// What the host is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// It answers.
    Server,
    /// It answers and asks others.
    Proxy,
    /// It asks, as a load generator does.
    Client,
}

/// What the kernel accepts, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The smallest value.
    pub min: Option<i128>,
    /// The largest value.
    pub max: Option<i128>,
}

/// The kernel's default: as text, and as a formula where it is one.
#[derive(Clone, Debug)]
pub struct Default {
    /// As written.
    pub text: String,
    /// If it can be computed.
    pub formula: Option<Formula>,
}

/// A wanted value.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// One formula for each part of the value.
    Formulas(Vec<Formula>),
    /// A word or a list of ports, as written.
    Text(String),
    /// The ports on which somebody listens, and that a connection could take.
    ListeningPorts,
}

/// What can go wrong, with its reason.
#[derive(Clone, Debug)]
pub struct Risk {
    /// How bad.
    pub level: RiskLevel,
    /// Why.
    pub why: String,
}

/// How bad something can get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskLevel {
    /// Nothing.
    None,
    /// Little.
    Low,
    /// Something.
    Medium,
    /// An outage.
    High,
}

/// How bad a myth is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MythVerdict {
    /// It does not do what is said.
    Myth,
    /// It does harm.
    Unsafe,
}

/// A kernel version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 6 in 6.18.
    pub major: u32,
    /// 18 in 6.18.
    pub minor: u32,
}

impl Version {
    /// Reads the first two numbers of a release such as `6.18.44-lts`.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(|c: char| !c.is_ascii_digit());
        Some(Self {
            major: parts.next()?.parse().ok()?,
            minor: parts.next()?.parse().ok()?,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Kind {
    /// The word in catalogue files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sysctl => "sysctl",
            Self::Limit => "limit",
            Self::Sysfs(_) => "sysfs",
            Self::Nic(_) => "nic",
            Self::Boot(_) => "boot",
            Self::Socket => "socket",
            Self::Module => "module",
        }
    }
}

impl Scope {
    /// The word in catalogue files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Netns => "netns",
            Self::Global => "global",
            Self::Unit => "unit",
            Self::Nic => "nic",
            Self::Boot => "boot",
        }
    }
}

impl Role {
    /// The word in catalogue files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Proxy => "proxy",
            Self::Client => "client",
        }
    }
}

impl RiskLevel {
    /// The word in catalogue files.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Formulas(formulas) => {
                let texts: Vec<String> = formulas.iter().map(ToString::to_string).collect();
                f.write_str(&texts.join(" | "))
            }
            Self::Text(text) => f.write_str(text),
            Self::ListeningPorts => f.write_str("the ports that listen"),
        }
    }
}
