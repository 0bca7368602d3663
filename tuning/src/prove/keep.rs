//! A folder for a run: what was asked, where, every round, and what it came to.
//!
//! A number without its folder does not exist. Nothing is overwritten: a second run of a day gets
//! a number behind its name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::hindrance::{Hindered, Hindrance};
use super::json::document;
use super::page::page;
use super::proof::Ran;
use super::render::{evidence, summary};
use super::verdict::Verdict;

/// Runs of one day and host that are kept under one name.
const RUNS_MAX: u32 = 1000;

/// Writes the folder `<date>-<host>-prove` into `into` and returns its path.
///
/// # Errors
/// Says which file could not be written.
pub fn keep(into: &Path, command: &[String], all: &[Ran]) -> Result<PathBuf, Hindrance> {
    let host = Host::read();
    let name = format!("{}-{}-prove", date(SystemTime::now()), host.slug());
    let folder = fresh(into, &name)?;
    let words: Vec<&str> = command.iter().skip(1).map(String::as_str).collect();
    let command = format!("ringtune {}\n", words.join(" "));
    let seconds: f64 = all.iter().map(|ran| ran.seconds).sum();
    for (file, text) in [
        ("README.md", readme(&host, all)),
        ("command.txt", command),
        ("environment.json", host.to_json(seconds)),
        ("rounds.json", document(all)),
        ("page.html", page(all)),
    ] {
        let path = folder.join(file);
        fs::write(&path, text).hindered(&path.display().to_string())?;
    }
    Ok(folder)
}

fn fresh(into: &Path, name: &str) -> Result<PathBuf, Hindrance> {
    fs::create_dir_all(into).hindered(&into.display().to_string())?;
    for run in 1..=RUNS_MAX {
        let folder = match run {
            1 => into.join(name),
            _ => into.join(format!("{name}-{run}")),
        };
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => {
                return other
                    .map(|()| folder.clone())
                    .hindered(&folder.display().to_string());
            }
        }
    }
    Err(Hindrance(format!(
        "{} has {RUNS_MAX} runs of today; move some away",
        into.display()
    )))
}

fn readme(host: &Host, all: &[Ran]) -> String {
    let mut text = String::from("# What a value changes: ringtune prove\n\n");
    text.push_str(&format!(
        "{}\nRounds with the one and the other value take turns, each in fresh network namespaces. \
         A difference is claimed where each side had one value in all rounds, or where the exact \
         test of Mann and Whitney finds it at 5 %. `rounds.json` has every round with its counters, \
         `page.html` the plots.\n\n",
        summary(all)
    ));
    text.push_str(
        "| verdict | key | before → after | scenario | evidence |\n|---|---|---|---|---|\n",
    );
    for ran in all {
        let proof = &ran.proof;
        text.push_str(&format!(
            "| {} | `{}` ({}) | {} → {} | {}: {} | {} |\n",
            ran.verdict().name(),
            proof.key,
            proof.about.name(),
            proof.before.label,
            proof.after.label,
            proof.scenario.name(),
            proof.question,
            seen(ran).join("; "),
        ));
    }
    text.push_str(&format!(
        "\n## Where\n\n{}, {} CPUs, Linux {}, {}.\n",
        host.cpu_model, host.cpus, host.kernel, host.memory
    ));
    text
}

fn seen(ran: &Ran) -> Vec<String> {
    let mut seen = Vec::new();
    if ran.verdict() != Verdict::NotRun {
        seen.extend(
            ran.figures()
                .map(|found| evidence(&found, ran.before.len())),
        );
        let moved = ran
            .counters()
            .filter(|found| found.before != 0.0 || found.after != 0.0);
        seen.extend(moved.map(|found| evidence(&found, ran.before.len())));
    }
    seen.extend(ran.hindrance.iter().map(ToString::to_string));
    seen
}

/// The host as a reader needs it to judge the numbers.
struct Host {
    kernel: String,
    cpu_model: String,
    cpus: usize,
    memory: String,
    congestion_control: String,
    load_average: String,
    commit: Option<String>,
}

impl Host {
    fn read() -> Self {
        let first = |path: &str| {
            fs::read_to_string(path)
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let row = |path: &str, name: &str| {
            let text = first(path);
            let line = text
                .lines()
                .find(|line| line.starts_with(name))
                .unwrap_or_default();
            line.split_once(':')
                .map_or("unknown", |(_, value)| value)
                .trim()
                .to_owned()
        };
        Self {
            kernel: first("/proc/sys/kernel/osrelease"),
            cpu_model: row("/proc/cpuinfo", "model name"),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            memory: row("/proc/meminfo", "MemTotal"),
            congestion_control: first("/proc/sys/net/ipv4/tcp_congestion_control"),
            load_average: first("/proc/loadavg"),
            commit: commit(),
        }
    }

    /// `amd-epyc-2cpu`.
    fn slug(&self) -> String {
        let words = self.cpu_model.to_ascii_lowercase();
        let words = words
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty());
        let model: Vec<&str> = words.take(3).collect();
        format!("{}-{}cpu", model.join("-"), self.cpus)
    }

    fn to_json(&self, seconds: f64) -> String {
        let environment = json!({
            "date": date(SystemTime::now()),
            "seconds": seconds.round(),
            "commit": self.commit,
            "ringtune": env!("CARGO_PKG_VERSION"),
            "kernel": self.kernel,
            "cpu_model": self.cpu_model,
            "cpus": self.cpus,
            "memory_total": self.memory,
            "congestion_control": self.congestion_control,
            "load_average_end": self.load_average,
        });
        format!("{environment:#}\n")
    }
}

/// The commit of the folder in which this runs, where it is a repository.
fn commit() -> Option<String> {
    let output = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|commit| output.status.success() && !commit.is_empty())
}

/// The day in UTC, as ISO 8601 has it. Days are counted in years that begin in March, so that the
/// leap day is the last one.
fn date(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let day = seconds / 86_400 + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (1_795_219_200, "2026-11-21"),
        ] {
            assert_eq!(date(UNIX_EPOCH + Duration::from_secs(seconds)), day);
        }
    }

    #[test]
    fn a_second_run_of_a_day_has_a_folder_of_its_own() {
        let into = tempfile::tempdir().expect("a folder");
        let command = ["/somewhere/ringtune".into(), "prove".into(), "--all".into()];
        let first = keep(into.path(), &command, &[]).expect("it is kept");
        let second = keep(into.path(), &command, &[]).expect("it is kept");
        assert_ne!(first, second);
        let command = fs::read_to_string(second.join("command.txt")).expect("a file");
        assert_eq!(command, "ringtune prove --all\n");
    }
}
