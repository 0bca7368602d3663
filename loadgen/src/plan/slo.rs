//! Thresholds: `p99<5ms,errors<0.1%,rate>=50000`, and whether a run holds them.
//!
//! A threshold holds only where there is enough to see it: a percentile that fewer than ten values
//! lie beyond, or a share of errors that the run was too short to tell, is missed and never held.

mod bound;
mod measure;

use std::fmt;
use std::str::FromStr;

use crate::record::report::{RunReport, SloOutcome};

use bound::Bound;
use measure::{Found, Measure};

/// Thresholds that one run may have.
const THRESHOLDS_MAX: usize = 64;

/// Thresholds that decide the exit code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slo {
    thresholds: Vec<Threshold>,
}

#[derive(Clone, Debug, PartialEq)]
struct Threshold {
    /// As written.
    text: String,
    measure: Measure,
    bound: Bound,
}

/// Why a text is not a list of thresholds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{}\" {what}", threshold.escape_debug())]
pub struct SloText {
    threshold: String,
    what: String,
}

impl Slo {
    /// Whether there is nothing to hold.
    pub fn is_empty(&self) -> bool {
        self.thresholds.is_empty()
    }

    /// Each threshold with what the run has of it.
    pub fn judge(&self, run: &RunReport) -> Vec<SloOutcome> {
        self.thresholds
            .iter()
            .map(|threshold| threshold.judge(run))
            .collect()
    }

    /// These thresholds and those.
    pub fn and(mut self, other: &Slo) -> Slo {
        self.thresholds.extend_from_slice(&other.thresholds);
        self
    }
}

impl Threshold {
    fn judge(&self, run: &RunReport) -> SloOutcome {
        let found = self.measure.find(run, self.bound.limit);
        SloOutcome {
            threshold: self.text.clone(),
            holds: found.is_some_and(|found| self.bound.admits(found.value())),
            found: found.as_ref().map(Found::to_string),
        }
    }
}

impl FromStr for Slo {
    type Err = SloText;

    fn from_str(text: &str) -> Result<Slo, SloText> {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        if parts.len() > THRESHOLDS_MAX {
            return Err(SloText {
                threshold: text.chars().take(20).collect(),
                what: format!("and so on are more than {THRESHOLDS_MAX} thresholds"),
            });
        }
        let thresholds = parts.into_iter().map(|part| {
            parse(part).map_err(|what| SloText {
                threshold: part.to_owned(),
                what,
            })
        });
        Ok(Slo {
            thresholds: thresholds.collect::<Result<_, _>>()?,
        })
    }
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.thresholds.iter().map(|one| &*one.text).collect();
        f.write_str(&texts.join(","))
    }
}

fn parse(text: &str) -> Result<Threshold, String> {
    let at = text
        .find(['<', '>', '='])
        .ok_or("has no <, <=, >, >= or =; write it as in p99<5ms or errors<0.1%")?;
    let (name, rest) = text.split_at(at);
    let (comparison, limit) = bound::comparison(rest);
    let (measure, limit) = Measure::parse(name.trim(), limit.trim())?;
    Ok(Threshold {
        text: text.to_owned(),
        measure,
        bound: Bound { comparison, limit },
    })
}

#[cfg(test)]
mod tests;
