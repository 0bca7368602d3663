//! What tables and the page say in words, so that both say the same.

use std::fmt::Write;

use super::figure::{count, duration_ns, percent, printable};
use super::ink::Tone;
use crate::record::report::{Level, Outcome, Quantile, RunReport, ScenarioReport, Verdict};

/// The outcome as the verdict block has it.
pub(crate) fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Sound => "SOUND",
        Outcome::SaturatedClient => "SATURATED CLIENT",
        Outcome::Invalid => "INVALID",
    }
}

/// What the verdict means for the numbers.
pub(crate) fn verdict_sentence(verdict: &Verdict) -> &'static str {
    let is_warned = verdict
        .findings
        .iter()
        .any(|finding| finding.level > Level::Note);
    match verdict.outcome {
        Outcome::Sound if is_warned => {
            "these numbers hold, with the bias that the warnings tell of"
        }
        Outcome::Sound => "nothing seen speaks against these numbers",
        Outcome::SaturatedClient => "these numbers are the generator's limit, not the server's",
        Outcome::Invalid => {
            "the load was not the load that was asked for: do not use these numbers"
        }
    }
}

/// The outcome's color.
pub(crate) fn outcome_tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Sound => Tone::Good,
        Outcome::SaturatedClient => Tone::Doubtful,
        Outcome::Invalid => Tone::Bad,
    }
}

/// How grave, in a word.
pub(crate) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Fatal => "fatal",
    }
}

/// `closed loop, 64 connections with 1 request each on their way, 2 threads (io_uring)`.
pub(crate) fn scenario_words(scenario: &ScenarioReport) -> String {
    let connections = match scenario.connections {
        1 => "1 connection".to_owned(),
        many => format!("{} connections", count(u64::from(many))),
    };
    let threads = match scenario.threads {
        1 => "1 thread".to_owned(),
        many => format!("{many} threads"),
    };
    let mut words = format!("{} loop", printable(&scenario.pacing));
    if let Some(arrival) = &scenario.arrival {
        let _ = write!(words, " ({} arrivals)", printable(arrival));
    }
    let _ = write!(words, ", {connections}");
    if let Some(pipeline) = scenario.pipeline.filter(|pipeline| *pipeline > 1) {
        let _ = write!(words, " with {pipeline} requests each on their way");
    }
    if !scenario.keep_alive {
        words.push_str(", one request per connection");
    }
    if scenario.verified {
        words.push_str(", verified");
    }
    let _ = write!(words, ", {threads} ({})", printable(&scenario.driver));
    words
}

/// `985 µs – 1.02 ms`; nothing where there are too few values for an interval.
pub(crate) fn interval_words(quantile: &Quantile) -> String {
    let Some((low, high)) = quantile.interval_ns else {
        return String::new();
    };
    let (low, high) = (duration_ns(low), duration_ns(high));
    // `1.21 – 1.25 ms` where both have the same unit.
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((figure, unit)), Some((_, same))) if unit == same => format!("{figure} – {high}"),
        _ => format!("{low} – {high}"),
    }
}

/// What the host did meanwhile, as far as it could be seen.
pub(crate) fn host_words(run: &RunReport) -> String {
    let truth = &run.truth;
    let share =
        |name: &str, value: Option<f64>| value.map(|share| format!("{} {name}", percent(share)));
    let number =
        |name: &str, value: Option<u64>| value.map(|value| format!("{} {name}", count(value)));
    [
        share("idle", truth.idle),
        share("stolen", truth.steal),
        number("segments sent again", truth.retransmitted_segments),
        number("packets dropped", truth.softnet_dropped),
        number("connects lost to a full queue", truth.listen_drops),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<String>>()
    .join(", ")
}

/// CPUs as the kernel lists them: `0-3,8`.
pub(crate) fn list(cpus: &[usize]) -> String {
    let mut words: Vec<String> = Vec::new();
    for run in cpus.chunk_by(|one, next| one + 1 == *next) {
        match run {
            [first, .., last] => words.push(format!("{first}-{last}")),
            [only] => words.push(only.to_string()),
            [] => {}
        }
    }
    words.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_names_a_common_unit_once() {
        let words = |low, high| {
            interval_words(&Quantile {
                q: 0.5,
                value_ns: low,
                interval_ns: Some((low, high)),
            })
        };
        assert_eq!(words(1_210_000, 1_250_000), "1.21 – 1.25 ms");
        assert_eq!(words(985_000, 1_020_000), "985 µs – 1.02 ms");
    }

    #[test]
    fn cpus_are_listed_as_the_kernel_does() {
        assert_eq!(list(&[0, 1, 2, 3, 8, 10, 11]), "0-3,8,10-11");
        assert_eq!(list(&[]), "");
    }
}
