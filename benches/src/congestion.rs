//! The congestion control of a run. With bbr and no fq qdisc, pacing timers cost a 1 MiB transfer
//! over loopback seven times the CPU, and nothing of that is the server's: benches use cubic. The
//! kernel's default is changed for the run and put back when the guard is dropped.

use std::fs;

const PATH: &str = "/proc/sys/net/ipv4/tcp_congestion_control";
const WANTED: &str = "cubic";

/// The kernel's default while this lives.
#[derive(Debug)]
pub enum Congestion {
    /// It was cubic before.
    AsWanted,
    /// It is cubic now, and was something else.
    Changed {
        /// What it was, and will be again.
        before: String,
    },
    /// It may not be changed.
    Refused {
        /// What it is.
        is: String,
        /// Why it was not changed.
        why: String,
    },
}

impl Congestion {
    /// Makes cubic the default if that is permitted.
    pub fn hold() -> Self {
        let before = match fs::read_to_string(PATH) {
            Ok(text) => text.trim().to_owned(),
            Err(error) => {
                return Self::Refused {
                    is: "unknown".to_owned(),
                    why: error.to_string(),
                };
            }
        };
        if before == WANTED {
            return Self::AsWanted;
        }
        match fs::write(PATH, WANTED) {
            Ok(()) => Self::Changed { before },
            Err(error) => Self::Refused {
                is: before,
                why: error.to_string(),
            },
        }
    }

    /// What new sockets get, and how that came, as a phrase.
    pub fn describe(&self) -> String {
        match self {
            Self::AsWanted => format!("{WANTED} (the host's default)"),
            Self::Changed { before } => format!("{WANTED} (for the run; the host's is {before})"),
            Self::Refused { is, why } => format!("{is} ({WANTED} was refused: {why})"),
        }
    }
}

impl Drop for Congestion {
    fn drop(&mut self) {
        if let Self::Changed { before } = self
            && let Err(error) = fs::write(PATH, before.as_bytes())
        {
            eprintln!("benches: {PATH} stays {WANTED}, it was {before}: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phrase_says_what_it_is_and_was() {
        let changed = Congestion::Refused {
            is: "bbr".to_owned(),
            why: "Permission denied".to_owned(),
        };
        let phrase = changed.describe();
        assert_eq!(phrase, "bbr (cubic was refused: Permission denied)");
    }
}
