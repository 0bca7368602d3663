//! The `ringload` binary: hands the arguments to [`ringload::cli`] and exits with its code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

/// Thread-local free lists: an allocation on one thread touches nothing of another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ringload::cli::run(std::env::args_os())
}
