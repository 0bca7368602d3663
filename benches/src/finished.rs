//! A program run to its end, with what it used. wait4(2) answers for the whole life of the process,
//! from fork to exit, whatever threads it had: two programs can be compared by it. What it
//! refuses: to look at a program that still runs (that is `process`).

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::Duration;

use wait4::Wait4;

use crate::failure::Failure;

/// What a program left.
#[derive(Debug)]
pub struct Finished {
    /// All of its standard output.
    pub output: String,
    /// All of its standard error.
    pub errors: String,
    /// CPU time, user and system.
    pub cpu: Duration,
    /// The most that it had resident at once, in bytes. It begins with what the parent had
    /// resident, some MiB, because the kernel counts from the fork.
    pub rss_peak: u64,
}

impl Finished {
    /// Runs `command` and waits for it; `what` names it in a failure. How it ended is not judged:
    /// what it wrote says more.
    pub fn of(what: &str, mut command: Command) -> Result<Self, Failure> {
        let failed = |doing: &str| Failure::io(format!("{what} {doing}"));
        // Files and not pipes: no program blocks on them, and nobody has to read meanwhile.
        let mut run = || {
            let (output, errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
            let child = command
                .stdin(Stdio::null())
                .stdout(output.try_clone()?)
                .stderr(errors.try_clone()?)
                .spawn()?;
            Ok((child, output, errors))
        };
        let (mut child, output, errors) = run().map_err(failed("cannot be started"))?;
        let used = child
            .wait4()
            .map_err(failed("cannot be waited for"))?
            .rusage;
        Ok(Self {
            output: text(output).map_err(failed("wrote what cannot be read"))?,
            errors: text(errors).map_err(failed("wrote what cannot be read"))?,
            cpu: used.utime + used.stime,
            rss_peak: used.maxrss,
        })
    }

    /// For a `Failure::Unparsed`: its last words.
    pub fn unparsed(self, what: &'static str) -> Failure {
        Failure::Unparsed {
            what,
            text: self.output + &self.errors,
        }
    }
}

fn text(mut file: File) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Finished {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Finished::of("sh", command).expect("sh runs")
    }

    #[test]
    fn both_streams_are_kept_whatever_the_exit_code() {
        let finished = shell("echo out; echo err >&2; exit 3");
        assert_eq!(
            (finished.output.as_str(), finished.errors.as_str()),
            ("out\n", "err\n")
        );
    }

    #[test]
    fn work_costs_cpu_time_and_waiting_does_not() {
        let worked = shell("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done");
        let waited = shell("sleep 0.2");
        assert!(worked.cpu > Duration::from_millis(20), "{:?}", worked.cpu);
        assert!(waited.cpu < worked.cpu, "{waited:?} {worked:?}");
        assert!(waited.rss_peak > 100 * 1024);
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = Finished::of("ringload", Command::new("/no/such/program")).unwrap_err();
        assert!(
            failure
                .to_string()
                .starts_with("ringload cannot be started"),
            "{failure}"
        );
    }
}
