//! The `ringmain` binary: hands the arguments to [`ringmain::cli`] and exits with its code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

/// Thread-local free lists: an allocation on a shard touches nothing of another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ringmain::cli::run(std::env::args_os())
}
