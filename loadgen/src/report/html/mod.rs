//! The report as one page: no network, no library, light and dark.
//!
//! What must be readable is HTML made here; the script only draws the charts from a JSON island.
//! Nothing of a document reaches the page unescaped, and if something did, it could not run: the
//! page's own policy names the one script by its hash and forbids every connection.

mod details;
mod escape;
mod island;
mod summary;
mod table;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::record::report::{Document, RunReport};
use escape::{push_json, push_text};

/// The style of the page.
const STYLE: &str = include_str!("page.css");
/// What draws the charts.
const SCRIPT: &str = include_str!("page.js");

/// A run with what tells it from the others.
struct LabeledRun<'a> {
    /// Its name, with more where others have the same.
    label: String,
    /// Which color is its own.
    color: usize,
    run: &'a RunReport,
}

/// Colors that the page has; runs beyond them repeat them with dashes.
const COLORS: usize = 8;

/// The page of all runs of `documents`, overlaid.
pub fn render_html(documents: &[Document]) -> String {
    let runs = labeled(documents);
    let title = match runs.as_slice() {
        [] => "no runs".to_owned(),
        [only] => only.label.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.label, rest.len()),
    };
    let mut html = String::with_capacity(64 * 1024);
    push_head(&mut html, &title);
    summary::push_summary(&mut html, documents, &runs);
    push_charts(&mut html, &runs);
    details::push_details(&mut html, documents, &runs);
    html.push_str("</main>\n<script type=\"application/json\" id=\"data\">");
    push_json(&mut html, &island::island(&runs).to_string());
    html.push_str("</script>\n<script>");
    html.push_str(SCRIPT);
    html.push_str("</script>\n</body>\n</html>\n");
    html
}

/// Every run with a label of its own.
fn labeled(documents: &[Document]) -> Vec<LabeledRun<'_>> {
    let of_documents: Vec<(usize, &RunReport)> = documents
        .iter()
        .enumerate()
        .flat_map(|(document, one)| one.runs.iter().map(move |run| (document, run)))
        .collect();
    let runs: Vec<&RunReport> = of_documents.iter().map(|(_, run)| *run).collect();
    let mut labels: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
    let connections = |run: &RunReport| format!("{} connections", run.scenario.connections);
    tell_apart(&mut labels, |at| connections(runs[at]));
    tell_apart(&mut labels, |at| document_name(of_documents[at].0));
    tell_apart(&mut labels, |at| runs[at].scenario.targets.join(" "));
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    let repeated = labels.clone();
    for (at, label) in labels.iter_mut().enumerate() {
        if repeated.iter().filter(|one| **one == repeated[at]).count() > 1 {
            let number = seen.entry(repeated[at].clone()).or_default();
            *number += 1;
            label.push_str(&format!(" #{number}"));
        }
    }
    runs.into_iter()
        .zip(labels)
        .enumerate()
        .map(|(color, (run, label))| LabeledRun { label, color, run })
        .collect()
}

/// A, B … Z, 27, 28 …: what a comparison calls its sides.
fn document_name(index: usize) -> String {
    let letter = u8::try_from(index).ok().filter(|index| *index < 26);
    letter.map_or_else(
        || (index + 1).to_string(),
        |letter| char::from(b'A' + letter).to_string(),
    )
}

/// Adds `more` to equal labels where it tells some of them apart.
fn tell_apart(labels: &mut [String], more: impl Fn(usize) -> String) {
    let before = labels.to_vec();
    for at in 0..labels.len() {
        let differs = |other: usize| before[other] == before[at] && more(other) != more(at);
        if (0..before.len()).any(differs) {
            labels[at].push_str(&format!(", {}", more(at)));
        }
    }
}

fn push_head(html: &mut String, title: &str) {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    html.push_str(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         img-src data:; style-src 'unsafe-inline'; script-src 'sha256-",
    );
    html.push_str(&hash);
    html.push_str("'\">\n<link rel=\"icon\" href=\"data:,\">\n<title>");
    push_text(html, title);
    html.push_str(" – ringload</title>\n<style>");
    html.push_str(STYLE);
    html.push_str("</style>\n</head>\n<body>\n<main>\n");
}

/// The places of the charts; the script fills them.
fn push_charts(html: &mut String, runs: &[LabeledRun<'_>]) {
    html.push_str(
        "<p id=\"failure\" role=\"alert\" hidden></p>\n\
         <noscript><p class=\"soft\">The charts need JavaScript; all figures are in the tables.\
         </p></noscript>\n\
         <div id=\"legend\" role=\"group\" aria-label=\"Runs shown\"></div>\n",
    );
    let note = match island::seconds_per_point(runs) {
        0 | 1 => String::new(),
        many => format!(" Each point stands for up to {many} s."),
    };
    for (id, heading, caption) in [
        (
            "percentiles",
            "Latency by percentile",
            "Dashed: fewer than ten samples lie beyond, so the value is not to be relied on."
                .to_owned(),
        ),
        (
            "latency",
            "Latency over time",
            format!("Of what ended in each second, errors included.{note}"),
        ),
        (
            "rate",
            "Responses per second",
            match runs.iter().any(|one| one.run.rate.target.is_some()) {
                true => format!("Dashed: the rate asked for.{note}"),
                false => format!("Of all answers, good or bad.{note}"),
            },
        ),
    ] {
        html.push_str(&format!(
            "<figure id=\"{id}\" class=\"chart\">\n<header><h2>{heading}</h2>\
             <div class=\"choices\"></div></header>\n<div class=\"plot\"></div>\n\
             <figcaption>{caption}</figcaption>\n</figure>\n"
        ));
    }
}
