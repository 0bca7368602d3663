//! What the names in formulas stand for, given host, goal and current value.

use crate::formula::{Formula, Quantity, Variable};
use crate::goal::Goal;
use crate::host::Facts;
use crate::setting::Setting;

/// Everything that a formula may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'v> {
    /// The host.
    pub facts: &'v Facts,
    /// What it is tuned for.
    pub goal: &'v Goal,
    /// The current value, where there is one.
    pub current: Option<&'v Setting>,
    /// The kernel's default, where it can be computed.
    pub default: Option<&'v Formula>,
    /// Whether a file sets the key.
    pub configured: bool,
}

impl Variables<'_> {
    /// The value of a name.
    pub fn of(&self, variable: Variable) -> Option<Quantity> {
        let number = |number: f64| Some(Quantity::Number(number));
        match variable {
            // Not knowing the memory must not look like having none.
            Variable::Ram if self.facts.ram_bytes == 0 => None,
            Variable::RamPages if self.facts.ram_bytes == 0 => None,
            Variable::Ram => number(self.facts.ram_bytes as f64),
            Variable::RamPages => number((self.facts.ram_bytes / self.facts.page_bytes) as f64),
            Variable::Page => number(self.facts.page_bytes as f64),
            Variable::Cores => number(self.facts.cores as f64),
            Variable::Connections => number(self.goal.connections as f64),
            Variable::Rate => number(self.goal.rate),
            Variable::AcceptStallS => number(self.goal.accept_stall_s),
            Variable::Bdp => number(self.goal.bdp_bytes),
            Variable::Loopback => number(f64::from(u8::from(self.goal.loopback))),
            Variable::Value(part) => self.value(usize::from(part)),
            Variable::DefaultValue => self.default_value(),
            Variable::NumaNodes => number(self.facts.numa_nodes as f64),
            Variable::NicQueues => number(self.facts.nic_queues as f64),
            Variable::Configured => number(f64::from(u8::from(self.configured))),
        }
    }

    fn value(&self, part: usize) -> Option<Quantity> {
        let current = self.current?;
        if let Setting::Word(word) = current {
            return Some(Quantity::Word(word.clone())).filter(|_| part == 0);
        }
        let number = current.number(part.saturating_sub(1))?;
        Some(Quantity::Number(number as f64))
    }

    fn default_value(&self) -> Option<Quantity> {
        // A default is a function of the host, never of itself.
        let lookup = |variable| match variable {
            Variable::DefaultValue | Variable::Value(_) => None,
            other => self.of(other),
        };
        self.default?.evaluate(&lookup).ok()
    }
}
