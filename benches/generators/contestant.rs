//! The load generators that are compared.

use std::fmt;
use std::path::Path;

use benches::generator::Generator;
use benches::generator::ringload::{Gathering, Ringload};

/// Who makes the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Contestant {
    /// wrk, one thread.
    Wrk,
    /// ringload as it comes, one thread.
    Ringload,
    /// The same with `--gather auto`: what waiting for answers saves or costs.
    #[value(name = "ringload-gathering")]
    RingloadGathering,
}

impl Contestant {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 3] = [Self::Wrk, Self::Ringload, Self::RingloadGathering];

    /// How it is run, ringload from `binary`.
    pub(crate) fn generator(self, binary: &Path) -> Generator {
        let ringload = |gathering| {
            Generator::Ringload(Ringload {
                binary: binary.to_owned(),
                gathering,
            })
        };
        match self {
            Self::Wrk => Generator::Wrk,
            Self::Ringload => ringload(Gathering::Default),
            Self::RingloadGathering => ringload(Gathering::Auto),
        }
    }
}

/// As on the command line, in the CSV and in the tables.
impl fmt::Display for Contestant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wrk => "wrk",
            Self::Ringload => "ringload",
            Self::RingloadGathering => "ringload-gathering",
        })
    }
}
