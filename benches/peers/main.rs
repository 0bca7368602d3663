//! ringmain beside nginx: the same core, the same client, pairs in one run.
//!
//! `cargo run --release -p benches --bin peers` builds ringmain, takes a quarter of an hour, and
//! leaves `results/<date>-<cpu>-peers/`. It needs nginx, wrk and taskset on PATH.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use benches::arena::{self, Arena};
use benches::failure::Failure;
use benches::program;
use benches::session::{Place, Session};
use benches::settings::{Idle, Settings, chosen, exit_code};
use benches::statistics::turns;
use clap::Parser;

use case::Case;
use contestant::Contestant;

mod case;
mod contestant;
mod reach;
mod report;

/// Measures ringmain and nginx side by side.
#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    idle: Idle,
    /// A case to measure; repeatable [default: all].
    #[arg(long, value_enum, value_name = "CASE")]
    case: Vec<Case>,
    /// A server to measure; repeatable [default: all].
    #[arg(long, value_enum, value_name = "SERVER")]
    server: Vec<Contestant>,
    /// A ringmain that is already built [default: built from this tree].
    #[arg(long, value_name = "PATH")]
    ringmain: Option<PathBuf>,
}

fn main() -> ExitCode {
    exit_code("peers", run(Flags::parse()))
}

/// The number of invalid samples.
fn run(flags: Flags) -> Result<usize, Failure> {
    let pairs = flags.settings.rounds();
    let cases = chosen(&flags.case, &Case::ALL);
    let contestants = chosen(&flags.server, &Contestant::ALL);
    let (arena, programs) = prepare(&flags, &contestants)?;
    let idle = flags.idle;
    idle.allow_open_files()?;
    let mut session = Session::start("peers", flags.settings, programs)?;
    arena::keep_configurations(session.folder())?;
    for case in cases {
        let takers = contestants.iter().copied();
        let takers: Vec<_> = takers.filter(|taker| taker.takes_part(case)).collect();
        for round in pairs.clone() {
            for (turn, contestant) in turns(&takers, round).into_iter().enumerate() {
                let place = Place {
                    case,
                    round,
                    turn,
                    contestant,
                };
                sample(&mut session, &arena, place, idle)?;
            }
        }
    }
    session.finish(|results| report::page(results, &contestants, pairs.end))
}

fn sample(
    session: &mut Session<Case, Contestant>,
    arena: &Arena,
    place: Place<Case, Contestant>,
    idle: Idle,
) -> Result<(), Failure> {
    let (path, body) = (place.case.path(), place.case.body());
    let server = place.contestant.start(arena)?;
    server.expect(path, &body)?;
    match place.case {
        Case::Idle => session.idle(place, &server, path, &body, idle),
        Case::Hello | Case::File1k | Case::File64k | Case::File1m | Case::Close => {
            session.load(place, &server, path, &place.case.load())
        }
    }
}

/// The arena, and the versions of the servers. Says what is missing before anything runs.
fn prepare(
    flags: &Flags,
    contestants: &[Contestant],
) -> Result<(Arena, Vec<(String, String)>), Failure> {
    let mut programs = Vec::new();
    if contestants
        .iter()
        .any(|contestant| !contestant.is_ringmain())
    {
        programs.push(("nginx".to_owned(), arena::nginx_version()?));
    }
    let ours = contestants
        .iter()
        .any(|contestant| contestant.is_ringmain());
    let ringmain = match ours {
        true => Some(program::given_or_built(
            flags.ringmain.as_deref(),
            "ringmain",
        )?),
        false => None,
    };
    let arena = Arena::prepare(ringmain, flags.settings.server_cpu)?;
    if let Some(version) = arena.ringmain_version() {
        programs.push(("ringmain".to_owned(), version));
    }
    Ok((arena, programs))
}
