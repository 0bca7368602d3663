//! One page that needs no network: verdict, evidence and a plot of the rounds for each proof.
//!
//! A plot shows every round of the deciding figure in the order in which they ran, so that a drift
//! of the host cannot hide behind two medians.

mod plot;

use self::plot::plot;
use super::proof::Ran;
use super::render::{evidence, summary};
use super::verdict::Verdict;

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1d232b; --paper: #fff; --soft: #6a7480; --line: #d5dae0;
  --before: #8a6d3b; --after: #1f6fb2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ed; --paper: #14181d; --soft: #98a2ad;
  --line: #39414a; --before: #d9b46c; --after: #6db3ef; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
article { display: grid; grid-template-columns: 1fr 300px; gap: 1rem; border-top: 1px solid var(--line);
  padding: .9rem 0; }
@media (max-width: 44rem) { article { grid-template-columns: 1fr; } }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .2rem 0; } .soft { color: var(--soft); }
b { text-transform: uppercase; font-size: .8rem; letter-spacing: .04em; }
ul { margin: .3rem 0; padding-left: 1.1rem; overflow-wrap: anywhere; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
svg .axis { stroke: var(--line); } svg .before { fill: var(--paper); stroke: var(--before); stroke-width: 2; }
svg .after { fill: var(--after); stroke: var(--after); stroke-width: 2; }
svg .median-before { stroke: var(--before); stroke-dasharray: 3 3; }
svg .median-after { stroke: var(--after); }
";

/// The page about all proofs.
pub fn page(all: &[Ran]) -> String {
    let articles: String = all.iter().map(article).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>ringtune prove</title>\n<style>{STYLE}</style>\n<h1>What was measured</h1>\n\
         <p>{}</p>\n<p class=\"soft\">Rounds in the order in which they ran: open circles before, \
         full ones after; lines are medians.</p>\n{articles}</html>\n",
        escape(summary(all).trim())
    )
}

fn article(ran: &Ran) -> String {
    let proof = &ran.proof;
    let rounds = ran.before.len();
    let mut lines = Vec::new();
    if ran.verdict() != Verdict::NotRun {
        lines.extend(ran.figures().map(|found| evidence(&found, rounds)));
        let moved = ran
            .counters()
            .filter(|found| found.before != 0.0 || found.after != 0.0);
        lines.extend(moved.map(|found| format!("counter {}", evidence(&found, rounds))));
    }
    lines.extend(
        ran.hindrance
            .iter()
            .map(|hindrance| format!("ended early: {hindrance}")),
    );
    let items: String = lines
        .iter()
        .map(|line| format!("<li>{}</li>", escape(line)))
        .collect();
    format!(
        "<article><div><h2>{} {} → {}</h2><p><b>{}</b> <span class=\"soft\">{}, {}</span></p>\
         <p>{}</p><ul>{items}</ul></div>{}</article>\n",
        escape(proof.key),
        escape(proof.before.label),
        escape(proof.after.label),
        ran.verdict().name(),
        proof.about.name(),
        proof.scenario.name(),
        escape(proof.question),
        plot(ran),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
