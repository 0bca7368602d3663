//! Flags of what is done with a scenario.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use super::choice::ChoiceError;
use crate::abuse::Kind;
use crate::plan::nearest::nearest;
use crate::plan::units;

/// Steps that a load may have.
const STEPS_MAX: usize = 1000;

/// Numbers of connections, one after the other: `100,500,1000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepList(pub Vec<NonZeroU32>);

impl FromStr for StepList {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<StepList, ChoiceError> {
        let steps = text
            .split(',')
            .map(|step| units::positive(step.trim()))
            .collect::<Result<Vec<_>, _>>();
        match steps {
            Ok(steps) if steps.len() <= STEPS_MAX => Ok(StepList(steps)),
            Ok(_) => Err(ChoiceError(format!("at most {STEPS_MAX} steps"))),
            Err(error) => Err(ChoiceError(format!(
                "a step {error}; write numbers of connections as in 100,500,1000"
            ))),
        }
    }
}

/// Where a search looks.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Search")]
pub struct SearchFlags {
    /// Rate to begin with [default: 1000/s]
    #[arg(long, value_name = "N/s", value_parser = units::rate)]
    pub from: Option<f64>,
    /// Rate to end with at the latest [default: 10M/s]
    #[arg(long, value_name = "N/s", value_parser = units::rate)]
    pub to: Option<f64>,
    /// How near the answer is to the lowest rate that missed [default: 5%]
    #[arg(long, value_name = "SHARE", value_parser = units::share)]
    pub precision: Option<f64>,
    /// Runs at most, the one that confirms the answer included [default: 30]
    #[arg(long, value_name = "N", value_parser = units::positive)]
    pub runs_max: Option<NonZeroU32>,
}

/// How connections are held.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Hold")]
pub struct HoldFlags {
    /// How long all connections are held [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub hold: Option<Duration>,
    /// Time between two rounds with a request on every connection [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub every: Option<Duration>,
    /// Requests of a round on their way at once per ring [default: 256]
    #[arg(long, value_name = "N", value_parser = units::positive)]
    pub ask_at_once: Option<NonZeroU32>,
}

/// How connections misbehave: `slow-headers`, `slow-reads` …
///
/// # Errors
/// [`ChoiceError`] with what was meant, or all of them.
pub fn abuse_kind(text: &str) -> Result<Kind, ChoiceError> {
    let known = Kind::ALL.into_iter().find(|kind| kind.name() == text);
    known.ok_or_else(|| {
        let names = Kind::ALL.map(Kind::name);
        ChoiceError(match nearest(text, names) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("write one of {}", names.join(", ")),
        })
    })
}
