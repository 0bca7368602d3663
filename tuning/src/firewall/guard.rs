//! The guard of a trial: a process of its own that puts the old rules back when nobody confirms.
//!
//! It leaves the session of its parent, so that neither the parent's end nor that of an SSH
//! session reaches it, and it has the old rules in its memory, so that it does not depend on
//! files. Whatever it cannot read counts as not confirmed. Somebody may still kill it by hand; then
//! `apply` and `rollback` see that it is gone and say so.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::nft::{Nft, NftError};
use super::record::{Phase, Record, restoring};
use super::trial::{folder, patient_lock};
use crate::apply::{Disk, Lock};

/// How often it looks for a confirmation.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long it waits for the lock. It goes on without it then: nobody holds it that long.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(10);
/// How often it tries to put the old rules back.
const TRIES_MAX: u32 = 60;
/// After how many of them no rules of ours are better than the wrong ones.
const TRIES_BEFORE_REMOVAL: u32 = 3;
/// The time between two tries.
const TRY_EVERY: Duration = Duration::from_secs(1);

/// Ends the old rules on the guard's standard input: without it they are not complete.
pub(super) const END_OF_SCRIPT: &str = "# end of the old rules\n";
/// What the guard says when it watches.
pub(super) const WATCHING: &str = "watching\n";

/// What to watch.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The state folder.
    pub state: PathBuf,
    /// Which trial.
    pub token: String,
    /// How long somebody may take to confirm.
    pub within: Duration,
}

/// Watches a trial to its end, and says in a sentence what became of it. The old rules come from
/// `input`; `output` is told when the watch begins.
///
/// # Errors
/// Says why the old rules could not be put back.
pub fn watch(
    watch: &Watch,
    nft: &Nft,
    mut input: impl Read,
    mut output: impl Write,
) -> io::Result<&'static str> {
    // It fails for the leader of a process group, which is no child of an apply.
    let _ = rustix::process::setsid();
    let mut script = String::new();
    input.read_to_string(&mut script)?;
    if !script.ends_with(END_OF_SCRIPT) {
        return Ok("the apply ended before it began; nothing to take back");
    }
    let deadline = Instant::now() + watch.within;
    // If nobody listens any more, nothing was loaded, and the end comes to the same.
    let _ = output
        .write_all(WATCHING.as_bytes())
        .and_then(|()| output.flush());
    loop {
        if !is_open(watch) {
            return Ok("confirmed, or taken back by hand");
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        sleep(left.min(LOOK_EVERY));
    }
    let _lock = lock(watch);
    if !is_open(watch) {
        return Ok("confirmed, or taken back by hand");
    }
    let done = put_back(nft, &script).map_err(|error| io::Error::other(error.to_string()))?;
    note(watch);
    Ok(done)
}

/// Whether the trial is neither confirmed nor taken back, as far as it can be known.
fn is_open(watch: &Watch) -> bool {
    match Record::load(&mut Disk::new(&folder(&watch.state))) {
        Ok(Some(record)) => record.token == watch.token && record.phase.is_open(),
        Ok(None) | Err(_) => true,
    }
}

/// The lock of the state folder, if that is still there.
fn lock(watch: &Watch) -> Option<Lock> {
    if !Lock::is_possible(&folder(&watch.state)) {
        return None;
    }
    patient_lock(&folder(&watch.state), LOCK_WAIT_MAX).ok()
}

/// Puts the old rules back. They could be loaded when the trial began; if that changed (an
/// interface that they name is gone), our table goes.
fn put_back(nft: &Nft, script: &str) -> Result<&'static str, NftError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let Err(error) = nft.load(script) else {
            return Ok("nobody confirmed: the old rules are back");
        };
        if tries >= TRIES_BEFORE_REMOVAL && nft.load(&restoring(None)).is_ok() {
            return Ok("nobody confirmed, and the old rules could not be loaded: no table is left");
        }
        if tries == TRIES_MAX {
            return Err(error);
        }
        sleep(TRY_EVERY);
    }
}

/// Notes the end, so that a late confirmation is told. If that fails, the rules count more.
fn note(watch: &Watch) {
    let mut disk = Disk::new(&folder(&watch.state));
    if let Ok(Some(record)) = Record::load(&mut disk)
        && record.token == watch.token
    {
        let _ = record.in_phase(Phase::RolledBack).store(&mut disk);
    }
}
