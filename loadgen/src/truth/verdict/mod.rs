//! What a run's numbers are worth.
//!
//! Every rule looks at one thing, has one bound, and answers with one sentence: what was seen,
//! against which bound, what to do. Rules never look at each other's findings; what a run comes to
//! is decided in [`judge`] alone, from the gravest. A figure that is absent breaks no rule.

mod figures;
mod generator;
mod host;
mod load;
#[cfg(test)]
mod sample;

use crate::record::report::{Finding, Level, Outcome, RunReport, Verdict};

/// The code of the finding that says that the client was the limit.
const SATURATED: &str = "saturated-client";

/// Judges a run by all of its report but the verdict in it. The gravest findings come first.
pub fn judge(run: &RunReport) -> Verdict {
    let mut findings: Vec<Finding> = load::findings(run)
        .chain(generator::findings(run))
        .chain(host::findings(run))
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    Verdict {
        outcome: outcome(&findings),
        findings,
    }
}

/// A load that was not the one asked for outweighs the reason for it.
fn outcome(findings: &[Finding]) -> Outcome {
    let mut fatal = findings
        .iter()
        .filter(|finding| finding.level == Level::Fatal)
        .peekable();
    if fatal.peek().is_none() {
        Outcome::Sound
    } else if fatal.all(|finding| finding.code == SATURATED) {
        Outcome::SaturatedClient
    } else {
        Outcome::Invalid
    }
}

fn finding(level: Level, code: &str, text: String) -> Finding {
    Finding {
        level,
        code: code.to_owned(),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{codes, sound};
    use super::*;

    #[test]
    fn a_run_that_breaks_no_rule_is_sound() {
        let verdict = judge(&sound());
        assert_eq!(verdict.findings, []);
        assert_eq!(verdict.outcome, Outcome::Sound);
    }

    #[test]
    fn warnings_and_notes_leave_a_run_sound() {
        let mut run = sound();
        run.scenario.pacing = "closed".to_owned();
        run.truth.softnet_dropped = Some(3);
        assert_eq!(codes(&run), ["softnet-drops", "closed-loop"]);
        assert_eq!(judge(&run).outcome, Outcome::Sound);
    }

    #[test]
    fn a_saturated_client_is_named_unless_the_load_was_wrong_too() {
        let mut run = sound();
        run.threads[0].cpu_s = 9.9;
        assert_eq!(judge(&run).outcome, Outcome::SaturatedClient);
        run.rate.achieved = 500.0;
        assert_eq!(judge(&run).outcome, Outcome::Invalid);
    }

    #[test]
    fn a_run_of_which_nothing_is_known_breaks_no_rule_of_the_host() {
        let mut run = sound();
        run.truth = crate::record::report::Truth::default();
        assert_eq!(codes(&run), [""; 0]);
    }
}
