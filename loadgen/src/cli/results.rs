//! The folder of a plan's results: `<date>-<host>-<name>`, with all that is needed to do it again.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::abuse::AbuseReport;
use crate::hold::HoldReport;
use crate::plan::file::Plan;
use crate::record::report::Document;
use crate::report::{Ink, csv, hdr, json, render_html, run_table, steps_table};

use super::exit::Exit;
use super::outputs::{file_name, percentiles, write};
use super::say;

/// Folders of one day, host and plan.
const FOLDERS_MAX: u32 = 10_000;

/// A folder that is being filled.
pub(super) struct Results {
    folder: PathBuf,
}

impl Results {
    /// Makes the folder in `dir` and puts the plan and the command into it.
    pub(super) fn begin(dir: &Path, plan: &Plan, command: &[String]) -> Result<Results, Exit> {
        let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let host = rustix::system::uname();
        let host = host.nodename().to_string_lossy();
        let name = format!(
            "{}-{}-{}",
            &date[..10],
            file_name(&host),
            file_name(&plan.name)
        );
        let folder = make_folder(dir, &name).map_err(|error| {
            let folder = dir.join(&name);
            say(&format_args!(
                "{}: cannot be made: {error}",
                folder.display()
            ));
            Exit::Usage
        })?;
        let results = Results { folder };
        let command = format!("{}\n", command.join(" "));
        let written = results
            .put("plan.toml", &plan.text)
            .max(results.put("command.txt", &command));
        if written == Exit::Done {
            Ok(results)
        } else {
            Err(Exit::Usage)
        }
    }

    /// Adds what was held.
    pub(super) fn hold(&self, name: &str, report: &HoldReport) -> Exit {
        let text = super::hold::json(report);
        self.put(&format!("hold-{}.json", file_name(name)), &text)
    }

    /// Adds how the server took it.
    pub(super) fn abuse(&self, name: &str, report: &AbuseReport) -> Exit {
        let text = super::abuse::json(std::slice::from_ref(report));
        self.put(&format!("abuse-{}.json", file_name(name)), &text)
    }

    /// Adds all runs in every form, and says where they are.
    pub(super) fn end(self, documents: &[Document]) -> Exit {
        let mut worst = Exit::Done;
        let with_runs = documents
            .iter()
            .filter(|document| !document.runs.is_empty());
        for document in with_runs {
            let tables: Vec<String> = document
                .runs
                .iter()
                .map(|run| run_table(run, Ink::Plain))
                .chain([steps_table(&document.runs, Ink::Plain)])
                .collect();
            let texts = [
                ("runs.json", json::render(document)),
                ("totals.csv", csv::totals(document)),
                ("intervals.csv", csv::intervals(document)),
                ("latency.hlog", hdr::hlog(&document.runs)),
                ("report.html", render_html(documents)),
                ("tables.txt", tables.join("\n")),
            ];
            for (file, text) in texts {
                worst = worst.max(self.put(file, &text));
            }
            for (file, text) in percentiles(Path::new("latency.hgrm"), &document.runs) {
                worst = worst.max(write(&self.folder.join(file), &text));
            }
        }
        say(&format_args!("results are in {}", self.folder.display()));
        worst
    }

    fn put(&self, file: &str, text: &str) -> Exit {
        write(&self.folder.join(file), text)
    }
}

/// The first of `name`, `name-2`, `name-3` … that is not there yet.
fn make_folder(dir: &Path, name: &str) -> io::Result<PathBuf> {
    std::fs::create_dir_all(dir)?;
    for number in 1..=FOLDERS_MAX {
        let folder = match number {
            1 => dir.join(name),
            number => dir.join(format!("{name}-{number}")),
        };
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("there are too many of it already"))
}
