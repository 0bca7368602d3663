//! What /proc, /sys and a few tools say about the host. Anything may be missing in a container:
//! what is not known is `None`, never a guess.

use std::fs;
use std::io;
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::Failure;

/// The trimmed text of a file.
pub fn text(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

/// The trimmed standard output of a program, or what it wrote to standard error instead.
pub fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let written = match output.stdout.is_empty() {
        true => output.stderr,
        false => output.stdout,
    };
    let text = String::from_utf8_lossy(&written).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// The model's name from /proc/cpuinfo.
pub fn cpu_model() -> Option<String> {
    let cpuinfo = text("/proc/cpuinfo")?;
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// CPUs online.
pub fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A short name for a folder, from the CPU and not from the host: `amd-epyc-2cpu`.
pub fn slug() -> String {
    let model = cpu_model().unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    format!("{}-{}cpu", slug_of(&model), cpus())
}

/// Ticks that the hypervisor gave to others on all CPUs since boot, 0 where it does not say.
pub fn steal_ticks() -> u64 {
    text("/proc/stat").map_or(0, |stat| steal_of(&stat).unwrap_or(0))
}

/// Raises the soft limit of open files to the hard one, for this process and its children, and
/// checks that it covers `needed`.
pub fn allow_open_files(needed: u64) -> Result<(), Failure> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).map_err(|error| Failure::Io {
        what: "RLIMIT_NOFILE cannot be raised to its hard limit".to_owned(),
        source: error.into(),
    })?;
    match limit.maximum {
        Some(allowed) if allowed < needed => Err(Failure::Io {
            what: format!(
                "{needed} open files are needed and {allowed} allowed: raise `ulimit -n`"
            ),
            source: io::Error::from_raw_os_error(rustix::io::Errno::MFILE.raw_os_error()),
        }),
        Some(_) | None => Ok(()),
    }
}

/// The eighth number of the `cpu` line, proc_stat(5).
fn steal_of(stat: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    line.split_ascii_whitespace().nth(7)?.parse().ok()
}

/// The model's words that tell it from others: no marks, no clock, no core count.
fn slug_of(model: &str) -> String {
    let model = model.to_lowercase().replace("(r)", "").replace("(tm)", "");
    let words = model
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .take_while(|word| !word.ends_with("ghz") && *word != "with")
        .filter(|word| !word.is_empty() && *word != "cpu" && !word.starts_with("processor"))
        .filter(|word| !word.ends_with("core"))
        .filter(|word| {
            word.parse::<f64>()
                .map_or(true, |number| number.fract() == 0.0)
        })
        .take(4);
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_keeps_the_model_and_drops_marks_and_clock() {
        assert_eq!(slug_of("AMD EPYC"), "amd-epyc");
        assert_eq!(
            slug_of("AMD EPYC 7763 64-Core Processor"),
            "amd-epyc-7763-64"
        );
        let xeon = "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz";
        assert_eq!(slug_of(xeon), "intel-xeon-platinum-8259cl");
    }

    #[test]
    fn steal_is_the_eighth_number() {
        let stat = "cpu  15074 0 5001 142907 949 0 149 729 0 0\ncpu0 7 0 5 1 9 0 1 3 0 0\n";
        assert_eq!(steal_of(stat), Some(729));
        assert_eq!(steal_of("intr 1"), None);
    }

    #[test]
    fn a_missing_file_is_none() {
        assert_eq!(text("/proc/no/such/file"), None);
    }
}
