//! What a proof is: two values, a scenario that stresses what they govern, and the figures that
//! are looked at. The first figure decides; it is chosen before anything is measured.

use std::collections::BTreeMap;

use super::hindrance::Hindrance;
use super::scenario::Scenario;

/// A question that a measurement answers.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The key of the catalogue.
    pub key: &'static str,
    /// Whether it is about a knob's wanted value or about a recipe's claim.
    pub about: About,
    /// What is compared, in a few words that end with the figure's subject.
    pub question: &'static str,
    /// The value as it was.
    pub before: Side,
    /// The value to judge.
    pub after: Side,
    /// What is done in each round.
    pub scenario: Scenario,
    /// What is looked at; the first one decides.
    pub figures: &'static [Figure],
    /// The kernel's counters that should move with it.
    pub counters: &'static [&'static str],
}

/// What a proof is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The wanted value of a knob.
    Knob,
    /// What a recipe claims.
    Myth,
}

/// One of the two values, and how it comes into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// As shown: `4096`, `notrack`.
    pub label: &'static str,
    /// How it is set.
    pub change: Change,
}

/// How a value comes into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sysctls of the namespace; on both ends of a cable.
    Sysctls(&'static [(&'static str, &'static str)]),
    /// A sysctl of the whole host, set to the side's label: only with leave, and put back.
    Global(&'static str),
    /// The scenario does it this way or the other: a rule, a socket option, a line of a file.
    Way(Way),
    /// The limit of descriptors of the server process.
    Descriptors(u32),
}

/// See [`Change::Way`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Without it.
    Without,
    /// With it.
    With,
}

/// A number that each round yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// As the scenario names it.
    pub name: &'static str,
    /// Which direction is good.
    pub better: Better,
}

/// Which direction of a figure is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    More,
    /// Less is better.
    Less,
    /// Neither: it only shows what the value does.
    Neither,
}

/// What a round yielded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Round {
    /// The scenario's numbers.
    pub figures: BTreeMap<&'static str, f64>,
    /// The counters that moved.
    pub counters: BTreeMap<String, i64>,
}

/// A proof with what its rounds yielded, in the order in which they ran: before, after, before …
#[derive(Clone, Debug)]
pub struct Ran {
    /// What was asked.
    pub proof: Proof,
    /// The rounds with the value as it was.
    pub before: Vec<Round>,
    /// The rounds with the value to judge.
    pub after: Vec<Round>,
    /// Why it was not run, or ended early.
    pub hindrance: Option<Hindrance>,
    /// How long it took.
    pub seconds: f64,
}

impl Side {
    /// Sysctls with what they are shown as.
    pub const fn sysctls(
        label: &'static str,
        values: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            label,
            change: Change::Sysctls(values),
        }
    }

    /// A sysctl of the whole host.
    pub const fn global(value: &'static str, key: &'static str) -> Self {
        Self {
            label: value,
            change: Change::Global(key),
        }
    }

    /// The scenario's own alternative.
    pub const fn way(label: &'static str, way: Way) -> Self {
        Self {
            label,
            change: Change::Way(way),
        }
    }

    /// Which alternative it is; everything else is without.
    pub fn is_with(&self) -> bool {
        self.change == Change::Way(Way::With)
    }
}

impl Figure {
    /// More is better.
    pub const fn more(name: &'static str) -> Self {
        Self {
            name,
            better: Better::More,
        }
    }

    /// Less is better.
    pub const fn less(name: &'static str) -> Self {
        Self {
            name,
            better: Better::Less,
        }
    }

    /// It only shows what the value does.
    pub const fn shows(name: &'static str) -> Self {
        Self {
            name,
            better: Better::Neither,
        }
    }
}

impl About {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Knob => "knob",
            Self::Myth => "myth",
        }
    }
}

impl Round {
    /// With a figure more.
    pub(super) fn with(mut self, name: &'static str, value: f64) -> Self {
        self.figures.insert(name, value);
        self
    }

    /// A figure; 0 if the scenario did not yield it.
    pub fn figure(&self, name: &str) -> f64 {
        self.figures.get(name).copied().unwrap_or(0.0)
    }

    /// By how much a counter moved.
    pub fn counter(&self, name: &str) -> f64 {
        self.counters.get(name).map_or(0.0, |by| *by as f64)
    }
}
