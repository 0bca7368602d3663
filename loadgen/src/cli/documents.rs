//! `ringload compare` and `ringload report`: what can be said of runs that have been.

use std::path::Path;

use crate::compare;
use crate::record::report::Document;
use crate::report::{json, run_table, steps_table};

use super::arguments::{CompareArguments, ReportArguments};
use super::exit::Exit;
use super::outside::read_bounded;
use super::session::{Stdout, ink};
use super::{print, say};

/// Bytes that a document may have.
const DOCUMENT_BYTES_MAX: usize = 512 << 20;

/// Compares the second document with the first.
pub(super) fn compare(arguments: &CompareArguments) -> Exit {
    let (Some(a), Some(b)) = (read(&arguments.a), read(&arguments.b)) else {
        return Exit::Usage;
    };
    match compare::compare(&a, &b) {
        Ok(comparison) => {
            print(&if arguments.json {
                comparison.json()
            } else {
                comparison.text(ink())
            });
            if comparison.shows_worse() {
                Exit::Failed
            } else {
                Exit::Done
            }
        }
        Err(refusal) => {
            say(&refusal);
            Exit::Usage
        }
    }
}

/// Renders documents again.
pub(super) fn report(arguments: &ReportArguments) -> Exit {
    let documents: Vec<Option<Document>> =
        arguments.documents.iter().map(|file| read(file)).collect();
    let documents: Option<Vec<Document>> = documents.into_iter().collect();
    let Some(documents) = documents else {
        return Exit::Usage;
    };
    if !arguments.output.are_writable() {
        return Exit::Usage;
    }
    let showing = arguments.output.showing();
    if !showing.is_quiet && showing.stdout == Stdout::Free {
        print(&tables(&documents));
    }
    arguments.output.write(&documents)
}

fn tables(documents: &[Document]) -> String {
    let runs: Vec<_> = documents
        .iter()
        .flat_map(|document| &document.runs)
        .cloned()
        .collect();
    let mut tables: Vec<String> = runs.iter().map(|run| run_table(run, ink())).collect();
    if runs.len() > 1 {
        tables.push(steps_table(&runs, ink()));
    }
    tables.join("\n")
}

fn read(file: &Path) -> Option<Document> {
    let text = read_bounded(file, DOCUMENT_BYTES_MAX)
        .map_err(|error| format!("cannot be read: {error}"))
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned()))
        .and_then(|text| json::parse(&text).map_err(|error| error.to_string()));
    text.map_err(|error| say(&format_args!("{}: {error}", file.display())))
        .ok()
}
