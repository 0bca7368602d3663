//! The samples of a run, and what can be said of them. Invalid samples are in the CSV and only
//! counted here.

use std::fmt::{Display, Write};

use crate::idle::IdleSample;
use crate::load::Sample;
use crate::statistics::Spread;

/// A case or a contestant: something with a name, of which there are few.
pub trait Label: Copy + Eq + Display {}

impl<T: Copy + Eq + Display> Label for T {}

/// All valid samples so far, by case, round and contestant.
#[derive(Debug)]
pub struct Results<C, W> {
    loads: Vec<(C, usize, W, Sample)>,
    idles: Vec<(W, IdleSample)>,
    invalid: usize,
}

impl<C, W> Default for Results<C, W> {
    fn default() -> Self {
        Self {
            loads: Vec::new(),
            idles: Vec::new(),
            invalid: 0,
        }
    }
}

impl<C: Label, W: Label> Results<C, W> {
    /// Takes a sample in, or counts it as invalid.
    pub fn push(&mut self, case: C, round: usize, contestant: W, sample: Sample) {
        match sample.is_valid() {
            true => self.loads.push((case, round, contestant, sample)),
            false => self.invalid += 1,
        }
    }

    /// Takes a sample of memory in.
    pub fn push_idle(&mut self, contestant: W, sample: IdleSample) {
        self.idles.push((contestant, sample));
    }

    /// How many samples were refused.
    pub fn invalid(&self) -> usize {
        self.invalid
    }

    /// One figure of one contestant in one case.
    pub fn load(&self, case: C, contestant: W, figure: impl Fn(&Sample) -> f64) -> Option<Spread> {
        let of_both = self
            .loads
            .iter()
            .filter(|(of, _, by, _)| *of == case && *by == contestant);
        Spread::of(of_both.map(|(.., sample)| figure(sample)))
    }

    /// CPU per request of `ours` divided by that of `theirs`, round by round.
    pub fn ratio(&self, case: C, ours: W, theirs: W) -> Option<Spread> {
        self.ratio_of(case, ours, theirs, |sample| sample.cpu_us)
    }

    /// One figure of `ours` divided by that of `theirs`, round by round.
    pub fn ratio_of(
        &self,
        case: C,
        ours: W,
        theirs: W,
        figure: impl Fn(&Sample) -> f64,
    ) -> Option<Spread> {
        let find = |contestant, round| {
            let found = self.loads.iter().find(|(of, in_round, by, _)| {
                *of == case && *in_round == round && *by == contestant
            });
            found.map(|(.., sample)| figure(sample))
        };
        let rounds = self.loads.iter().map(|(_, round, ..)| round + 1).max()?;
        let ratio = |round| Some(find(ours, round)? / find(theirs, round)?);
        Spread::of((0..rounds).filter_map(ratio))
    }

    /// One figure of one contestant's memory.
    pub fn idle(&self, contestant: W, figure: impl Fn(&IdleSample) -> f64) -> Option<Spread> {
        let own = self.idles.iter().filter(|(by, _)| *by == contestant);
        Spread::of(own.map(|(_, sample)| figure(sample)))
    }

    /// Memory of all contestants, as a Markdown table.
    pub fn idle_table(&self, contestants: &[W]) -> String {
        let mut table = table_head(&[
            "server",
            "RSS each",
            "private each",
            "RSS at the start, MiB",
        ]);
        for &contestant in contestants {
            let start = |sample: &IdleSample| sample.rss_start as f64 / f64::from(1 << 20);
            let Some(rss) = self.idle(contestant, IdleSample::rss_each) else {
                continue;
            };
            let private = self.idle(contestant, IdleSample::private_each);
            let start = self.idle(contestant, start);
            let cells = [
                contestant.to_string(),
                cell(Some(rss), 0),
                cell(private, 0),
                cell(start, 1),
            ];
            table += &table_row(&cells);
        }
        table
    }

    /// A sentence on samples that were refused, empty when none was.
    pub fn invalid_note(&self) -> String {
        match self.invalid {
            0 => String::new(),
            invalid => format!(
                "\n**{invalid} samples were invalid** (errors under load, see the column \
                 `faults`); they are in samples.csv and in no figure above.\n"
            ),
        }
    }
}

/// The two lines that start a Markdown table.
pub fn table_head(columns: &[impl Display]) -> String {
    let head = table_row(columns);
    format!("{head}|{}\n", "---|".repeat(columns.len()))
}

/// One line of a Markdown table.
pub fn table_row(cells: &[impl Display]) -> String {
    let mut row = "|".to_owned();
    for cell in cells {
        // Writing to a String does not fail.
        let _ = write!(row, " {cell} |");
    }
    row + "\n"
}

/// A spread in a table, or a dash where nothing was measured.
pub fn cell(spread: Option<Spread>, digits: usize) -> String {
    spread.map_or("–".to_owned(), |spread| format!("{spread:.digits$}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::generator::{Fault, Report};

    fn sample(cpu_us: f64, faults: Vec<Fault>) -> Sample {
        Sample {
            cpu_us,
            user_us: 0.5,
            server_use: 1.0,
            report: Report {
                requests: 1,
                seconds: 1.0,
                loaded_seconds: 1.0,
                p50: Duration::ZERO,
                p99: Duration::ZERO,
                cpu: Duration::from_micros(20),
                faults,
            },
            steal_ticks: 0,
        }
    }

    #[test]
    fn a_ratio_compares_within_a_round_and_an_invalid_sample_takes_its_round_along() {
        let (ours, theirs) = ("ours", "theirs");
        let mut results = Results::default();
        results.push("hello", 0, theirs, sample(10.0, Vec::new()));
        results.push("hello", 0, ours, sample(5.0, Vec::new()));
        // The machine was half as fast in the second round: the ratio does not see it.
        results.push("hello", 1, ours, sample(10.0, Vec::new()));
        results.push("hello", 1, theirs, sample(20.0, Vec::new()));
        results.push("hello", 2, ours, sample(1.0, vec![Fault::Silence]));
        results.push("hello", 2, theirs, sample(20.0, Vec::new()));
        let ratio = results.ratio("hello", ours, theirs);
        assert_eq!(ratio, Spread::of([0.5, 0.5]));
        let flat = results.ratio_of("hello", ours, theirs, Sample::client_use);
        assert_eq!(flat, Spread::of([1.0, 1.0]));
        assert_eq!(results.invalid(), 1);
        assert_eq!(results.ratio("close", ours, theirs), None);
    }

    #[test]
    fn a_table_is_markdown() {
        let table = table_head(&["a", "b"]) + &table_row(&[cell(None, 2), "1".to_owned()]);
        assert_eq!(table, "| a | b |\n|---|---|\n| – | 1 |\n");
    }
}
