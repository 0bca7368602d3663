//! Loading with a way back: whoever locks himself out only has to wait.
//!
//! The order is the safety: what was before is saved, and shown to be loadable; a guard is started
//! that outlives this process and its terminal; then the rules are loaded; and unless somebody
//! confirms, the guard puts back what was before. A crash at any point leaves the old rules, or
//! the new ones with a guard. If somebody kills the guard as well, `rollback` does its work.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::guard::{END_OF_SCRIPT, WATCHING, Watch};
use super::nft::{Nft, NftError};
use super::record::{Phase, Record, restoring};
use crate::apply::{Disk, Lock, LockError, Place};

/// How long a command waits for the lock.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often it tries.
const LOCK_EVERY: Duration = Duration::from_millis(50);

/// The trials of a state folder.
#[derive(Debug)]
pub struct Trials<'n> {
    nft: &'n Nft,
    folder: PathBuf,
    place: Place,
}

/// What became of a rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolledBack {
    /// The table from before is back.
    Restored,
    /// There was no table before, and there is none now.
    Removed,
    /// There was nothing to take back.
    Nothing,
}

/// Why a trial did not begin, or did not end as asked.
#[derive(Debug, Error)]
pub enum TrialError {
    /// Somebody else is at it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// nft(8) failed.
    #[error(transparent)]
    Nft(#[from] NftError),
    /// The record cannot be read or written.
    #[error("the record of the firewall cannot be used: {0}; nothing was changed")]
    Record(io::Error),
    /// The record is none of ours.
    #[error("the record of the firewall is damaged ({0}); look at it, then remove it")]
    Damaged(String),
    /// The record was written by a newer version.
    #[error("the record of the firewall has the format {0}; use the newer ringtune")]
    Newer(u32),
    /// The last trial is not over.
    #[error(
        "a rule set waits for its confirmation (pid {0} takes it back); say ringtune firewall \
         confirm or rollback first"
    )]
    Open(u32),
    /// The last trial has no end.
    #[error(
        "a rule set was neither confirmed nor taken back, and its guard (pid {0}) is gone; say \
         ringtune firewall rollback, or confirm if it works"
    )]
    Abandoned(u32),
    /// The last trial was made in another network namespace.
    #[error("the record is about {theirs}, and this is {ours}; run this in that network namespace")]
    Elsewhere {
        /// Of the record.
        theirs: String,
        /// Of this process.
        ours: String,
    },
    /// What is there now could not be put back.
    #[error("the table that is there now could not be put back, so nothing was changed: {0}")]
    NotRestorable(NftError),
    /// The guard did not start.
    #[error("the guard did not start, so nothing was changed: {0}")]
    Guard(io::Error),
    /// The guard was at its end before the rules were loaded.
    #[error(
        "loading took longer than the time to confirm, so the rules were taken back; try again"
    )]
    Late,
    /// The kernel took the rules, but nobody could note it.
    #[error("the rules are loaded and will be taken back, because the record failed: {0}")]
    Unnoted(io::Error),
    /// There is nothing that could be confirmed.
    #[error("nothing waits for a confirmation")]
    NothingOpen,
    /// The guard was faster.
    #[error("too late: the rules were taken back; say ringtune firewall apply again")]
    TooLate,
    /// The loading was interrupted, so nobody knows what to confirm.
    #[error("the apply was interrupted; say ringtune firewall rollback, then apply again")]
    Interrupted,
    /// Somebody removed the table.
    #[error("the table is gone: somebody removed it; say ringtune firewall rollback")]
    Gone,
}

impl<'n> Trials<'n> {
    /// The trials that a state folder knows of.
    pub fn new(nft: &'n Nft, state: &Path, place: Place) -> Self {
        Self {
            nft,
            folder: folder(state),
            place,
        }
    }

    /// Loads a rule set for a while and returns the PID of its guard. `command` makes the command
    /// that runs [`super::watch`] in a process of its own.
    ///
    /// # Errors
    /// Nothing was changed then, unless the error says so.
    pub fn begin(
        &self,
        text: &str,
        watch: &Watch,
        command: impl FnOnce(&Watch) -> Command,
    ) -> Result<u32, TrialError> {
        let _lock = patient_lock(&self.folder, LOCK_WAIT_MAX)?;
        let mut disk = Disk::new(&self.folder);
        let earlier = Record::load(&mut disk)?;
        if let Some(record) = earlier.as_ref().filter(|record| record.phase.is_open()) {
            self.refuse_open(record)?;
        }
        let before = self.nft.table()?;
        let script = restoring(before.as_deref());
        self.nft
            .check_here(&script)
            .map_err(TrialError::NotRestorable)?;
        self.nft.check_here(text)?;
        let mut child = self.start(command(watch)).map_err(TrialError::Guard)?;
        let record = Record::new(&watch.token, &self.place, child.id(), before);
        record.store(&mut disk)?;
        let withdraw = |disk: &mut Disk| {
            let ended = record.in_phase(Phase::RolledBack);
            // Without a record the guard puts back what is there anyway.
            let _ = earlier.as_ref().unwrap_or(&ended).store(disk);
        };
        if let Err(error) = hand_over(&mut child, &script) {
            withdraw(&mut disk);
            return Err(TrialError::Guard(error));
        }
        if let Err(error) = self.nft.load(text) {
            withdraw(&mut disk);
            return Err(error.into());
        }
        // A host that stood still here for longer than the time to confirm.
        if !matches!(child.try_wait(), Ok(None)) {
            self.nft.load(&script)?;
            withdraw(&mut disk);
            return Err(TrialError::Late);
        }
        match record.in_phase(Phase::Pending).store(&mut disk) {
            Ok(()) => Ok(child.id()),
            Err(TrialError::Record(error)) => Err(TrialError::Unnoted(error)),
            Err(error) => Err(error),
        }
    }

    /// Keeps the rules.
    ///
    /// # Errors
    /// Says when there is nothing to keep any more.
    pub fn confirm(&self) -> Result<(), TrialError> {
        if !Lock::is_possible(&self.folder) {
            return Err(TrialError::NothingOpen);
        }
        let _lock = patient_lock(&self.folder, LOCK_WAIT_MAX)?;
        let mut disk = Disk::new(&self.folder);
        let record = Record::load(&mut disk)?.filter(|record| self.is_of_this_boot(record));
        let record = record.ok_or(TrialError::NothingOpen)?;
        self.belongs_here(&record)?;
        match record.phase {
            Phase::Pending => {}
            Phase::Loading => return Err(TrialError::Interrupted),
            Phase::Confirmed => return Err(TrialError::NothingOpen),
            Phase::RolledBack => return Err(TrialError::TooLate),
        }
        if self.nft.table()?.is_none() {
            return Err(TrialError::Gone);
        }
        record.in_phase(Phase::Confirmed).store(&mut disk)
    }

    /// Puts back what was before the last trial, confirmed or not.
    ///
    /// # Errors
    /// The rules are as they were then.
    pub fn roll_back(&self) -> Result<RolledBack, TrialError> {
        if !Lock::is_possible(&self.folder) {
            return Ok(RolledBack::Nothing);
        }
        let _lock = patient_lock(&self.folder, LOCK_WAIT_MAX)?;
        let mut disk = Disk::new(&self.folder);
        let record = Record::load(&mut disk)?.filter(|record| self.is_of_this_boot(record));
        let Some(record) = record.filter(|record| record.phase != Phase::RolledBack) else {
            return Ok(RolledBack::Nothing);
        };
        self.belongs_here(&record)?;
        self.nft.load(&record.restoring())?;
        record.in_phase(Phase::RolledBack).store(&mut disk)?;
        Ok(match record.before {
            Some(_) => RolledBack::Restored,
            None => RolledBack::Removed,
        })
    }

    /// Rules end with the kernel that held them.
    fn is_of_this_boot(&self, record: &Record) -> bool {
        record.place.boot == self.place.boot
    }

    fn belongs_here(&self, record: &Record) -> Result<(), TrialError> {
        if record.place.netns == self.place.netns {
            return Ok(());
        }
        Err(TrialError::Elsewhere {
            theirs: record.place.netns.clone(),
            ours: self.place.netns.clone(),
        })
    }

    fn refuse_open(&self, record: &Record) -> Result<(), TrialError> {
        if !self.is_of_this_boot(record) {
            return Ok(());
        }
        self.belongs_here(record)?;
        Err(if is_alive(record) {
            TrialError::Open(record.guard)
        } else {
            TrialError::Abandoned(record.guard)
        })
    }

    fn start(&self, mut command: Command) -> io::Result<Child> {
        let log = fs::File::create(self.folder.join("guard.log"))?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log);
        // It must not keep a mount busy.
        command.current_dir("/").spawn()
    }
}

/// Where a state folder has the firewall: apart from the journal of values, whose lock may be
/// held for as long as somebody thinks about a question.
pub(super) fn folder(state: &Path) -> PathBuf {
    state.join("firewall")
}

/// The lock of a folder, waited for: the guard and a person may come at the same moment, and
/// neither holds it for long.
pub(super) fn patient_lock(folder: &Path, wait_max: Duration) -> Result<Lock, LockError> {
    let deadline = Instant::now() + wait_max;
    loop {
        match Lock::take(folder) {
            Err(LockError::Held { .. }) if Instant::now() < deadline => sleep(LOCK_EVERY),
            taken => return taken,
        }
    }
}

/// Gives the guard all it needs and waits until it watches.
fn hand_over(child: &mut Child, script: &str) -> io::Result<()> {
    let mut stdin = child
        .stdin
        .take()
        .ok_or_else(|| io::Error::other("it has no input"))?;
    stdin.write_all(script.as_bytes())?;
    stdin.write_all(END_OF_SCRIPT.as_bytes())?;
    drop(stdin);
    let stdout = child
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("it has no output"))?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    if line == WATCHING {
        return Ok(());
    }
    Err(io::Error::other(
        "it ended early; guard.log in the state folder may say why",
    ))
}

/// Whether the guard of a record runs. Its token is one of its arguments, so that a PID that was
/// used again is not taken for it.
fn is_alive(record: &Record) -> bool {
    let arguments = fs::read(format!("/proc/{}/cmdline", record.guard)).unwrap_or_default();
    arguments
        .split(|byte| *byte == 0)
        .any(|argument| argument == record.token.as_bytes())
}
