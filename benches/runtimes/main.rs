//! Why our own ring: the same 13-byte reply on our two drivers, on monoio, on glommio, and on the
//! plainest ring loop, which is the floor.
//!
//! `cargo run --release -p benches --bin runtimes` builds all of them, takes half an hour, and
//! leaves `results/<date>-<cpu>-runtimes/`. It needs wrk and taskset on PATH, a C compiler for
//! glommio's liburing, and `ulimit -l` at 512 KiB or more for glommio.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use benches::failure::Failure;
use benches::generator::Pipeline;
use benches::session::{Place, Session};
use benches::settings::{Idle, Settings, chosen, exit_code};
use benches::statistics::turns;
use clap::Parser;

use case::Case;
use runtime::Runtime;

mod case;
mod report;
mod runtime;

/// What all of them are asked for.
const PATH: &str = "/";
/// What all of them answer.
const BODY: &[u8] = b"Hello, world!";

/// Measures our drivers beside other runtimes.
#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    idle: Idle,
    /// A case to measure: keep-alive-N, pipelined-N or idle; repeatable [default: all].
    #[arg(long, value_parser = case::parse, value_name = "CASE")]
    case: Vec<Case>,
    /// A runtime to measure; repeatable [default: all].
    #[arg(long, value_enum, value_name = "RUNTIME")]
    runtime: Vec<Runtime>,
}

fn main() -> ExitCode {
    exit_code("runtimes", run(Flags::parse()))
}

/// The number of invalid samples.
fn run(flags: Flags) -> Result<usize, Failure> {
    let cpu = flags.settings.server_cpu;
    let rounds = flags.settings.rounds();
    let cases = chosen(&flags.case, &Case::all());
    let runtimes = chosen(&flags.runtime, &Runtime::ALL);
    let binaries = runtime::build()?;
    flags.idle.allow_open_files()?;
    let mut session = Session::start("runtimes", flags.settings, versions())?;
    let pipeline = Pipeline::prepare(session.folder())?;
    for case in cases {
        for round in rounds.clone() {
            for (turn, contestant) in turns(&runtimes, round).into_iter().enumerate() {
                let place = Place {
                    case,
                    round,
                    turn,
                    contestant,
                };
                let server = contestant.start(&binaries, cpu)?;
                server.expect(PATH, BODY)?;
                match case.load(&pipeline) {
                    Some(load) => session.load(place, &server, PATH, &load)?,
                    None => session.idle(place, &server, PATH, BODY, flags.idle)?,
                }
            }
        }
    }
    session.finish(|results| report::page(results, &runtimes, rounds.end))
}

/// As the lock file has them; cargo offers no better way to ask.
fn versions() -> Vec<(String, String)> {
    let lock = include_str!("../../Cargo.lock");
    let version = |package: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    ["monoio", "glommio"]
        .into_iter()
        .filter_map(|package| Some((package.to_owned(), version(package)?)))
        .collect()
}
