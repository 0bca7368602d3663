//! The folder that makes a figure exist: `results/<date>-<cpu>-<topic>/` with the command, the
//! environment, the raw samples and the table. Samples are written as they are taken, so that an
//! interrupted run leaves what it has seen.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::environment::{Environment, now};
use crate::failure::Failure;
use crate::host;
use crate::settings::Settings;

/// Most runs of one topic on one day.
const RUNS_MAX: usize = 99;

/// An open run folder.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

/// One file of comma-separated samples.
#[derive(Debug)]
pub struct Samples {
    file: File,
    path: PathBuf,
}

impl RunFolder {
    /// Makes a folder that was not there, and writes down the command.
    pub fn create(topic: &str, settings: &Settings) -> Result<Self, Failure> {
        let path = match &settings.out {
            Some(path) => path.clone(),
            None => unused(topic, Path::new("results"))?,
        };
        fs::create_dir_all(&path).map_err(Failure::io(format!("{}", path.display())))?;
        let folder = Self { path };
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let command = format!(
            "cargo run --release -p benches --bin {topic} -- {}\n",
            arguments.join(" ")
        );
        folder.write("command.txt", command.as_bytes())?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one whole file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(Failure::io(format!("{}", path.display())))
    }

    /// Writes `environment.json`.
    pub fn write_environment(&self, environment: &Environment) -> Result<(), Failure> {
        let mut json = serde_json::to_vec_pretty(environment)
            .map_err(|error| Failure::io("environment.json")(error.into()))?;
        json.push(b'\n');
        self.write("environment.json", &json)
    }

    /// Starts a file of samples with its line of column names.
    pub fn samples(&self, name: &str, columns: &str) -> Result<Samples, Failure> {
        let path = self.path.join(name);
        let file = File::create(&path).map_err(Failure::io(format!("{}", path.display())))?;
        let mut samples = Samples { file, path };
        samples.push(columns)?;
        Ok(samples)
    }
}

impl Samples {
    /// Appends one line.
    pub fn push(&mut self, row: &str) -> Result<(), Failure> {
        writeln!(self.file, "{row}").map_err(Failure::io(format!("{}", self.path.display())))
    }
}

/// `<date>-<cpu>-<topic>`, with a number when the day has had such a run before.
fn unused(topic: &str, results: &Path) -> Result<PathBuf, Failure> {
    let now = now();
    let date = now.split('T').next().unwrap_or(&now);
    let name = format!("{date}-{}-{topic}", host::slug());
    let numbered = (2..=RUNS_MAX).map(|run| format!("{name}-{run}"));
    std::iter::once(name.clone())
        .chain(numbered)
        .map(|name| results.join(name))
        .find(|path| !path.exists())
        .ok_or_else(|| {
            Failure::io(format!("{name} and {RUNS_MAX} more"))(io::ErrorKind::AlreadyExists.into())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_on_one_day_gets_a_number() {
        let results = tempfile::tempdir().expect("a temporary folder");
        let first = unused("peers", results.path()).expect("an empty folder has room");
        fs::create_dir(&first).expect("a folder is made");
        let second = unused("peers", results.path()).expect("one run leaves room");
        assert_eq!(
            second.display().to_string(),
            format!("{}-2", first.display())
        );
    }
}
