//! The outside of the command line: files, signals, chance.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::plan::build::World;
use crate::plan::url::by_system;

/// The exit status of who was stopped by SIGINT, as shells count it.
const STOPPED: i32 = 130;

/// Whether somebody wants it to end.
#[derive(Clone, Debug)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// The first SIGINT or SIGTERM sets it, the second ends the process.
    pub(super) fn on_signals() -> Stop {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // Without handlers a signal just ends the process, which is no worse.
            let armed =
                signal_hook::flag::register_conditional_shutdown(signal, STOPPED, flag.clone());
            let _ = armed.and_then(|_| signal_hook::flag::register(signal, flag.clone()));
        }
        Stop(flag)
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// This host's files and names, and a seed that nobody chose.
pub(super) fn world() -> World<'static> {
    World {
        read: &read_bounded,
        resolve: &by_system,
        // A seed that JSON readers keep exactly: they have doubles.
        seed: u64::from(chance()),
    }
}

/// The standard library seeds its hashers with what the system gives as random.
fn chance() -> u32 {
    RandomState::new().build_hasher().finish() as u32
}

/// The bytes of a file that has at most so many.
pub(super) fn read_bounded(file: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    File::open(file)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        let text = format!("it has more than {} MiB", bytes_max >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}
