//! The report as a person reads it: a table on a terminal, a line for each finding in a pipe.

use super::judge::{Judgement, Verdict};
use super::myths::Carried;
use super::{Outcome, Report};

/// The width to which sentences are wrapped, in characters.
const WIDTH: usize = 100;

/// How far the sentences below a row are set in.
const INDENT: usize = 8;

impl Report<'_> {
    /// One line for each finding, for `grep` and logs.
    pub fn to_lines(&self) -> String {
        let mut text = String::new();
        for judgement in &self.judgements {
            text.push_str(&format!(
                "{}: {}\n",
                headline(judgement),
                reasons(judgement).join("; ")
            ));
        }
        for carried in &self.myths {
            text.push_str(&format!(
                "{}: {}\n",
                myth_headline(carried),
                truth(carried).join("; ")
            ));
        }
        for note in &self.notes {
            let (word, subject) = (note.standing.name(), note.subject);
            text.push_str(&format!("{word} {subject}: {}\n", note.found));
        }
        text.push_str(&self.summary());
        text
    }

    /// A table; what needs no attention is left out unless `all`.
    pub fn to_table(&self, all: bool) -> String {
        let shown = |verdict: Verdict| match verdict {
            Verdict::Unsafe | Verdict::Drift | Verdict::Myth | Verdict::Ok => true,
            Verdict::Noop | Verdict::NotApplicable => all,
        };
        let rows: Vec<&Judgement<'_>> = self
            .judgements
            .iter()
            .filter(|row| shown(row.verdict))
            .collect();
        let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for row in rows {
            let (word, name) = (row.verdict.name(), &row.name);
            text.push_str(&format!("{word:<6}  {name:<width$}  {}\n", values(row)));
            if row.verdict != Verdict::Ok {
                reasons(row)
                    .iter()
                    .for_each(|reason| push_wrapped(&mut text, reason));
            }
        }
        for carried in &self.myths {
            text.push_str(&format!("{}\n", myth_headline(carried)));
            truth(carried)
                .iter()
                .for_each(|line| push_wrapped(&mut text, line));
        }
        text.push('\n');
        for note in &self.notes {
            let (word, subject) = (note.standing.name(), note.subject);
            text.push_str(&format!("{word:<8}{subject:<14}{}\n", note.found));
        }
        text.push('\n');
        text.push_str(&self.summary());
        text
    }

    fn summary(&self) -> String {
        let count = |verdict| self.count(verdict);
        let goal = &self.goal;
        let comes_to = match self.outcome() {
            Outcome::Compliant => "ready",
            Outcome::Drift => "not ready: ringtune plan shows what to change",
            Outcome::Unsafe => "unsafe: see above",
        };
        format!(
            "{} connections as {}: {} ok, {} drift, {} unsafe, {} myths, {} free to choose, {} not \
             applicable; {comes_to}\n",
            goal.connections,
            goal.role.name(),
            count(Verdict::Ok),
            count(Verdict::Drift),
            count(Verdict::Unsafe),
            count(Verdict::Myth),
            count(Verdict::Noop),
            count(Verdict::NotApplicable),
        )
    }
}

/// `128 -> 4096`, or the current value alone.
pub(super) fn values(judgement: &Judgement<'_>) -> String {
    let current = judgement.current.as_ref().map_or("-".into(), quoted);
    match (&judgement.difference, &judgement.wanted, judgement.verdict) {
        (Some(difference), ..) => format!("{current} -> {}", quoted(&difference.after)),
        (None, Some(wanted), Verdict::Ok | Verdict::NotApplicable | Verdict::Unsafe) => {
            format!(
                "{current} ({} {})",
                judgement.knob.operation.sign(),
                quoted(wanted)
            )
        }
        (None, _, _) => current,
    }
}

fn quoted(setting: &impl ToString) -> String {
    let text = setting.to_string();
    if text.is_empty() { "none".into() } else { text }
}

fn headline(judgement: &Judgement<'_>) -> String {
    format!(
        "{} {} {}",
        judgement.verdict.name(),
        judgement.name,
        values(judgement)
    )
}

fn reasons(judgement: &Judgement<'_>) -> Vec<String> {
    let mut reasons = vec![judgement.knob.why.clone()];
    reasons.extend(judgement.remarks.iter().cloned());
    reasons
}

fn myth_headline(carried: &Carried<'_>) -> String {
    let word = carried.verdict.name();
    let current = carried.current.as_deref().unwrap_or("-");
    let current = current.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{word:<6}  {}  {current}", carried.myth.key)
}

fn truth(carried: &Carried<'_>) -> Vec<String> {
    let myth = carried.myth;
    let mut lines = vec![format!("said: {}; in truth: {}", myth.claim, myth.truth)];
    if myth.harm != "none" {
        lines.push(format!("harm: {}", myth.harm));
    }
    lines.extend(carried.configured.clone());
    lines
}

fn push_wrapped(text: &mut String, sentence: &str) {
    let mut column = 0;
    for word in sentence.split_whitespace() {
        let length = word.chars().count();
        if column == 0 || column + 1 + length > WIDTH {
            if column > 0 {
                text.push('\n');
            }
            text.push_str(&" ".repeat(INDENT));
            column = INDENT;
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
}
