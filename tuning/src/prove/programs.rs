//! The programs besides those of the system: the load generator and the server, looked for beside
//! this program first, because that is where one build puts them.

use std::env;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::scenario::Programs;

/// Descriptors that scenarios hold at most, with room to spare.
const DESCRIPTORS: u64 = 65_536;

/// Finds them; what is absent hinders the scenarios that need it and no others.
pub(super) fn find(ringload: Option<&Path>, server: Option<&str>) -> Programs {
    let usual = || {
        let ringmain = beside_or_on_path("ringmain")?.display().to_string();
        let words = ["serve", "{root}", "--listen", "{listen}"];
        Some(
            [ringmain]
                .into_iter()
                .chain(words.map(String::from))
                .collect(),
        )
    };
    let given = |text: &str| {
        text.split_whitespace()
            .map(String::from)
            .collect::<Vec<String>>()
    };
    Programs {
        ringload: ringload
            .map(Path::to_owned)
            .or_else(|| beside_or_on_path("ringload")),
        server: server
            .map(given)
            .filter(|words| !words.is_empty())
            .or_else(usual),
    }
}

/// As many descriptors as scenarios need, where the hard limit has them; where not, the scenario
/// that runs out says so.
pub(super) fn raise_own_limit() {
    let now = getrlimit(Resource::Nofile);
    let maximum = now.maximum.unwrap_or(u64::MAX);
    let wanted = DESCRIPTORS.min(maximum).max(now.current.unwrap_or(0));
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(wanted),
            maximum: now.maximum,
        },
    );
}

fn beside_or_on_path(name: &str) -> Option<PathBuf> {
    let beside = env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.to_owned()));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = beside
        .into_iter()
        .chain(env::split_paths(&path).collect::<Vec<_>>());
    folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
