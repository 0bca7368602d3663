//! The `ringtune` binary: hands the arguments to [`ringtune::cli`] and exits with its code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ringtune::cli::run(std::env::args_os())
}
