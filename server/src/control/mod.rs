//! The control plane: signals, and what the shards are told because of them.
//!
//! Runs on the main thread, never on a shard. SIGTERM and SIGINT begin a drain, a second one
//! stops at once; SIGUSR1 reopens the access log.

use std::io::{self, Write};

use shard::mailbox::Sender;
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::{Handle, Signals};

use crate::observe::access_log::AccessLog;

/// Commands that wait for one shard at most.
pub(crate) const COMMANDS_MAX: usize = 16;

/// What a shard is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Command {
    /// Stop accepting, finish what is open, then end.
    Drain,
    /// End now.
    Stop,
}

/// The signals of this process, from the moment it is made.
pub(crate) struct Control {
    signals: Signals,
}

impl Control {
    /// Takes the signals over.
    ///
    /// # Errors
    /// Whatever sigaction(2) says.
    pub(crate) fn new() -> io::Result<Control> {
        Ok(Control {
            signals: Signals::new([SIGINT, SIGTERM, SIGUSR1])?,
        })
    }

    /// Ends [`Control::obey`] from another thread: the shards have ended by themselves.
    pub(crate) fn handle(&self) -> Handle {
        self.signals.handle()
    }

    /// Passes signals on until every shard has ended (then somebody closes the handle).
    pub(crate) fn obey(mut self, shards: &[Sender<Command>], log: &AccessLog) {
        let mut draining = false;
        for signal in &mut self.signals {
            match signal {
                SIGUSR1 => {
                    if let Err(error) = log.reopen() {
                        let _ = writeln!(
                            io::stderr(),
                            "ringmain: cannot reopen the access log: {error}; it goes on in the old file"
                        );
                    }
                }
                _ if draining => tell(shards, Command::Stop),
                _ => {
                    draining = true;
                    tell(shards, Command::Drain);
                }
            }
        }
    }
}

/// A shard that takes no message any more has ended already.
fn tell(shards: &[Sender<Command>], command: Command) {
    for shard in shards {
        let _ = shard.post(command);
    }
}
