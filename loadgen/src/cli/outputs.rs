//! Files that a command writes.
//!
//! Each is opened before anything runs, so that an hour of load is not lost to a typo, and written
//! whole at the end.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Exit;
use super::say;
use super::session::{Showing, Stdout};
use crate::record::report::{Document, RunReport};
use crate::report::{csv, hdr, json, render_html};

/// Where results go.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputFlags {
    /// Everything, for report and compare; - is standard output, here and below
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Totals and percentiles as CSV, a line per run
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Every second as CSV
    #[arg(long, value_name = "FILE")]
    csv_intervals: Option<PathBuf>,
    /// Latencies as an HDR interval log, a histogram per second
    #[arg(long, value_name = "FILE")]
    hlog: Option<PathBuf>,
    /// Latencies as HDR percentiles, in milliseconds; runs of the same name are merged, and runs
    /// of several names go to files with their names in front of the extension
    #[arg(long, value_name = "FILE")]
    hgrm: Option<PathBuf>,
    /// One page with charts that needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Shows neither progress nor tables
    #[arg(short, long)]
    quiet: bool,
}

/// The file that is standard output.
const STDOUT: &str = "-";

impl OutputFlags {
    /// What is shown besides.
    pub(super) fn showing(&self) -> Showing {
        let to_stdout = self.files().into_iter().flatten().any(is_stdout);
        Showing {
            is_quiet: self.quiet,
            stdout: if to_stdout {
                Stdout::Taken
            } else {
                Stdout::Free
            },
        }
    }

    /// Whether all files can be written; says which cannot.
    pub(super) fn are_writable(&self) -> bool {
        let files: Vec<&Path> = self.files().into_iter().flatten().collect();
        if files.iter().filter(|file| is_stdout(file)).count() > 1 {
            say(&"only one file can be standard output; name the others");
            return false;
        }
        files.into_iter().all(is_writable)
    }

    /// Writes what was asked for.
    pub(super) fn write(&self, documents: &[Document]) -> Exit {
        let Some(all) = joined(documents) else {
            return Exit::Done;
        };
        let mut texts: Vec<(PathBuf, String)> = Vec::new();
        let mut add = |file: &Option<PathBuf>, text: &dyn Fn() -> String| {
            if let Some(file) = file {
                texts.push((file.clone(), text()));
            }
        };
        add(&self.json, &|| json::render(&all));
        add(&self.csv, &|| csv::totals(&all));
        add(&self.csv_intervals, &|| csv::intervals(&all));
        add(&self.hlog, &|| hdr::hlog(&all.runs));
        add(&self.html, &|| render_html(documents));
        if let Some(file) = &self.hgrm {
            texts.extend(percentiles(file, &all.runs));
        }
        let written = texts.iter().map(|(file, text)| write(file, text));
        written.max().unwrap_or(Exit::Done)
    }

    fn files(&self) -> [Option<&Path>; 6] {
        [
            self.json.as_deref(),
            self.csv.as_deref(),
            self.csv_intervals.as_deref(),
            self.hlog.as_deref(),
            self.hgrm.as_deref(),
            self.html.as_deref(),
        ]
    }
}

/// Whether a file can be written; says why not.
pub(super) fn is_writable(file: &Path) -> bool {
    if is_stdout(file) {
        return true;
    }
    let opened = OpenOptions::new().append(true).create(true).open(file);
    match opened {
        Ok(_) => true,
        Err(error) => {
            say(&format_args!(
                "{}: cannot be written: {error}",
                file.display()
            ));
            false
        }
    }
}

/// Writes a whole file.
pub(super) fn write(file: &Path, text: &str) -> Exit {
    let written = if is_stdout(file) {
        io::stdout().write_all(text.as_bytes())
    } else {
        std::fs::write(file, text)
    };
    match written {
        Ok(()) => Exit::Done,
        // Whoever went away (`| head`) wants no more of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(error) => {
            say(&format_args!(
                "{}: cannot be written: {error}",
                file.display()
            ));
            Exit::Invalid
        }
    }
}

/// Whether a file is standard output.
pub(super) fn is_stdout(file: &Path) -> bool {
    file.as_os_str() == STDOUT
}

/// The percentiles of each name with their file.
pub(super) fn percentiles(file: &Path, runs: &[RunReport]) -> Vec<(PathBuf, String)> {
    let mut merged: Vec<(&str, hdrhistogram::Histogram<u64>)> = Vec::new();
    for run in runs {
        let histogram = match run.latency.histogram() {
            Ok(histogram) => histogram,
            Err(error) => {
                say(&format_args!("{}: {error}", run.name));
                continue;
            }
        };
        match merged.iter_mut().find(|(name, _)| *name == run.name) {
            // Histograms of one document have the same bounds, so that adding cannot fail; one of
            // another tool would be left out.
            Some((_, sum)) => {
                if sum.add(&histogram).is_err() {
                    say(&format_args!("{}: a histogram has other bounds", run.name));
                }
            }
            None => merged.push((&run.name, histogram)),
        }
    }
    let is_single = merged.len() == 1 || is_stdout(file);
    let texts = merged.iter().map(|(name, histogram)| {
        let file = if is_single {
            file.to_owned()
        } else {
            with_name(file, name)
        };
        (file, hdr::hgrm(histogram, hdr::HGRM_RATIO))
    });
    texts.collect()
}

/// `a/latency.hgrm` with a name: `a/latency-steps-c=100.hgrm`.
fn with_name(file: &Path, name: &str) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let extension = file
        .extension()
        .map(|extension| extension.to_string_lossy());
    let mut new = format!("{stem}-{}", file_name(name));
    if let Some(extension) = extension {
        new.push('.');
        new.push_str(&extension);
    }
    file.with_file_name(new)
}

/// A name as part of a file's: anything unusual is a hyphen.
pub(super) fn file_name(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._=".contains(c);
    name.chars()
        .map(|c| if is_plain(c) { c } else { '-' })
        .collect()
}

/// All runs in one document, which is the first with the runs of the others.
fn joined(documents: &[Document]) -> Option<Document> {
    let (first, rest) = documents.split_first()?;
    let mut all = first.clone();
    for document in rest {
        all.runs.extend_from_slice(&document.runs);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_several_names_are_told_apart() {
        let named = |file: &str, name: &str| with_name(Path::new(file), name);
        assert_eq!(
            named("a/l.hgrm", "t3 c=100"),
            Path::new("a/l-t3-c=100.hgrm")
        );
        assert_eq!(named("l", "../x"), Path::new("l-..-x"));
    }
}
