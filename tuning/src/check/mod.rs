//! `check`: every knob and every myth judged on this host, and what else should be known of it.
//!
//! Nothing is changed and no privilege is needed. The order of a report is the order of urgency.

mod host_checks;
mod json;
mod judge;
mod myths;
mod programs;
mod render;
mod variables;

pub use self::host_checks::{Note, Standing};
pub use self::judge::{Difference, Hand, Judgement, Verdict, judge, wanted};
pub use self::myths::{Carried, carried};
pub use self::programs::Programs;
pub use self::variables::Variables;

use crate::catalogue::Catalogue;
use crate::goal::Goal;
use crate::host::Host;

/// What was found on a host.
#[derive(Debug)]
pub struct Report<'c> {
    /// The host.
    pub host: &'c Host,
    /// What it was judged for.
    pub goal: Goal,
    /// The knobs, the most urgent first.
    pub judgements: Vec<Judgement<'c>>,
    /// The myths that it carries.
    pub myths: Vec<Carried<'c>>,
    /// What else should be known.
    pub notes: Vec<Note>,
}

/// What a report comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is as the goal needs it.
    Compliant,
    /// Something differs.
    Drift,
    /// Something is unsafe.
    Unsafe,
}

impl<'c> Report<'c> {
    /// Judges a host; `programs` answer what files do not.
    pub fn of(catalogue: &'c Catalogue, host: &'c Host, goal: Goal, programs: Programs) -> Self {
        let knobs = catalogue.knobs().iter();
        let mut judgements: Vec<Judgement<'c>> =
            knobs.flat_map(|knob| judge(knob, host, &goal)).collect();
        judgements.sort_by_key(|judgement| judgement.verdict);
        Self {
            host,
            goal,
            judgements,
            myths: carried(catalogue, host, &goal),
            notes: host_checks::notes(host, programs),
        }
    }

    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        let has = |verdict| self.count(verdict) > 0;
        if has(Verdict::Unsafe) {
            Outcome::Unsafe
        } else if has(Verdict::Drift) {
            Outcome::Drift
        } else {
            Outcome::Compliant
        }
    }

    /// How many findings have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        let knobs = self.judgements.iter().map(|judgement| judgement.verdict);
        let myths = self.myths.iter().map(|carried| carried.verdict);
        knobs.chain(myths).filter(|found| *found == verdict).count()
    }
}
