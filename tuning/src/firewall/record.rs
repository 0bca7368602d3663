//! What is known of the last trial, on the disk: one line, always replaced as a whole.

use serde::{Deserialize, Serialize};

use super::TABLE;
use super::trial::TrialError;
use crate::apply::{Place, Storage};

/// The format of the record.
const VERSION: u32 = 1;

/// A trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    /// Tells trials apart.
    pub(super) token: String,
    /// Where it is true.
    pub(super) place: Place,
    /// The PID of the process that takes it back.
    pub(super) guard: u32,
    /// How far it came.
    pub(super) phase: Phase,
    /// Our table before it; `None` if there was none.
    pub(super) before: Option<String>,
}

/// How far a trial came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// The rules are about to be loaded, or were and nobody could note it.
    Loading,
    /// The rules are in force until the guard takes them back.
    Pending,
    /// The rules stay.
    Confirmed,
    /// What was before is back.
    RolledBack,
}

impl Record {
    /// A trial that begins.
    pub(super) fn new(token: &str, place: &Place, guard: u32, before: Option<String>) -> Self {
        Self {
            version: VERSION,
            token: token.to_owned(),
            place: place.clone(),
            guard,
            phase: Phase::Loading,
            before,
        }
    }

    /// The last trial, if there was one.
    ///
    /// # Errors
    /// Refuses a damaged record, and one of a newer version.
    pub(super) fn load(storage: &mut dyn Storage) -> Result<Option<Self>, TrialError> {
        let text = storage.load().map_err(TrialError::Record)?;
        if text.is_empty() {
            return Ok(None);
        }
        let record: Self =
            serde_json::from_str(&text).map_err(|error| TrialError::Damaged(error.to_string()))?;
        if record.version > VERSION {
            return Err(TrialError::Newer(record.version));
        }
        Ok(Some(record))
    }

    /// Puts it on the disk.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(super) fn store(&self, storage: &mut dyn Storage) -> Result<(), TrialError> {
        let text = serde_json::to_string(self).map_err(std::io::Error::from);
        text.and_then(|text| storage.replace(&format!("{text}\n")))
            .map_err(TrialError::Record)
    }

    /// The same trial in another phase.
    pub(super) fn in_phase(&self, phase: Phase) -> Self {
        Self {
            phase,
            ..self.clone()
        }
    }

    /// The text that puts back what was before.
    pub(super) fn restoring(&self) -> String {
        restoring(self.before.as_deref())
    }
}

impl Phase {
    /// Whether the rules may be in force without anybody's word.
    pub(super) fn is_open(self) -> bool {
        match self {
            Self::Loading | Self::Pending => true,
            Self::Confirmed | Self::RolledBack => false,
        }
    }
}

/// The text that puts a table in place of ours, or takes ours away.
pub(super) fn restoring(before: Option<&str>) -> String {
    format!(
        "table {TABLE} {{ }}\ndelete table {TABLE}\n{}",
        before.unwrap_or_default()
    )
}
