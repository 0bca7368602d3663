//! `plan`: what to change on this host, in which order, by whom, and whether the memory is there.
//!
//! A plan changes nothing. It holds back what would lower a value, unless that was asked for.

mod memory;
mod render;

pub use self::memory::{Memory, SocketCost};

use crate::catalogue::Knob;
use crate::check::{Hand, Judgement, Report};
use crate::setting::{Operation, Setting};

/// Whether a plan may lower values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lowering {
    /// Only raise, and set what is a switch.
    HeldBack,
    /// Lower as well.
    Allowed,
}

/// What to change.
#[derive(Debug)]
pub struct Plan<'c> {
    /// What `apply` writes, in this order.
    pub changes: Vec<Change<'c>>,
    /// What would lower a value and was not asked for.
    pub held_back: Vec<Change<'c>>,
    /// What `persist` writes for the service.
    pub for_service: Vec<(&'c Knob, Setting)>,
    /// What a person has to do, with how.
    pub by_hand: Vec<(&'c Knob, Setting, String)>,
    /// What the connections cost.
    pub memory: Memory,
}

/// One value to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<'c> {
    /// The name, with the interface where there are several.
    pub name: String,
    /// The file as on the host.
    pub path: String,
    /// The value now.
    pub before: Setting,
    /// The value to have.
    pub after: Setting,
    /// Why.
    pub why: &'c str,
}

impl<'c> Plan<'c> {
    /// The plan that a report comes to.
    pub fn of(report: &Report<'c>, lowering: Lowering) -> Self {
        let mut plan = Self {
            changes: Vec::new(),
            held_back: Vec::new(),
            for_service: Vec::new(),
            by_hand: Vec::new(),
            memory: Memory::of(report.host, &report.goal),
        };
        for judgement in &report.judgements {
            plan.take(judgement, lowering);
        }
        plan
    }

    /// Whether there is nothing to do for anybody.
    pub fn is_empty(&self) -> bool {
        let Self {
            changes,
            held_back,
            for_service,
            by_hand,
            memory: _,
        } = self;
        changes.is_empty() && held_back.is_empty() && for_service.is_empty() && by_hand.is_empty()
    }

    fn take(&mut self, judgement: &Judgement<'c>, lowering: Lowering) {
        let (Some(difference), Some(before)) = (&judgement.difference, &judgement.current) else {
            return;
        };
        let knob = judgement.knob;
        let after = difference.after.clone();
        match &difference.hand {
            Hand::Apply(path) => {
                let change = Change {
                    name: judgement.name.clone(),
                    path: path.clone(),
                    before: before.clone(),
                    after,
                    why: &knob.why,
                };
                if knob.operation == Operation::Lower && lowering == Lowering::HeldBack {
                    self.held_back.push(change);
                } else {
                    self.changes.push(change);
                }
            }
            Hand::Persist => self.for_service.push((knob, after)),
            Hand::Person(how) => self.by_hand.push((knob, after, how.clone())),
        }
    }
}
