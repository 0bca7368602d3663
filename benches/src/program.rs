//! Programs under test: where they are built, and how they are held on one CPU. Pinning is left to
//! taskset(1), which changes its own affinity and then becomes the program: no `unsafe`, and the
//! program's threads inherit it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// `program`, to be run on CPU `cpu` only.
pub fn pinned(cpu: usize, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(cpu.to_string()).arg(program);
    command
}

/// The same under `ulimit -n` of `open_files_max`, soft and hard, by prlimit(1).
pub fn limited(cpu: usize, open_files_max: u64, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = pinned(cpu, "prlimit");
    command.arg(format!("--nofile={open_files_max}:{open_files_max}"));
    command.arg(program);
    command
}

/// The program of `package` that somebody gave, or else the one that the tree says.
pub fn given_or_built(given: Option<&Path>, package: &str) -> Result<PathBuf, Failure> {
    match given {
        Some(path) => Ok(path.to_owned()),
        None => Ok(build(&["-p", package])?.join(package)),
    }
}

/// Builds with `cargo build --release` and these arguments, beside the running program, and
/// returns the folder of the binaries. So what is measured is what the tree says.
pub fn build(arguments: &[&str]) -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().map_err(Failure::io("this program has no path"))?;
    // TARGET/release/peers, or TARGET/debug/peers when somebody tries things out.
    let target = program.parent().and_then(Path::parent);
    let target = target.unwrap_or(Path::new("target"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--target-dir"])
        .arg(target)
        .args(arguments)
        .status()
        .map_err(Failure::io("cargo cannot be started"))?;
    match status.success() {
        true => Ok(target.join("release")),
        false => Err(Failure::Build(arguments.join(" "))),
    }
}
