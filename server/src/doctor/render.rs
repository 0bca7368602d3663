//! The report as a person reads it and as a program does.

use serde::Serialize;

use super::findings::{Finding, Verdict};
use super::host::HostReport;

#[derive(Serialize)]
struct Report<'a> {
    can_serve: bool,
    shards: u16,
    findings: Vec<Record<'a>>,
}

#[derive(Serialize)]
struct Record<'a> {
    subject: &'a str,
    found: &'a str,
    verdict: &'static str,
    remedy: Option<&'a str>,
}

impl HostReport {
    /// One line for each finding, its remedy below it.
    pub fn to_text(&self) -> String {
        let findings = self.findings();
        let width = findings
            .iter()
            .map(|finding| finding.subject.len())
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        for finding in &findings {
            let (word, remedy) = verdict_words(&finding.verdict);
            let Finding { subject, found, .. } = finding;
            text.push_str(&format!("{word:<8} {subject:<width$}  {found}\n"));
            if let Some(remedy) = remedy {
                text.push_str(&format!("{:<8} {:<width$}  -> {remedy}\n", "", ""));
            }
        }
        text
    }

    /// The same as JSON.
    pub fn to_json(&self) -> String {
        let findings = self.findings();
        let record = |finding: &'_ Finding| -> (&'static str, Option<String>) {
            let (word, remedy) = verdict_words(&finding.verdict);
            (word, remedy.map(str::to_owned))
        };
        let judged: Vec<_> = findings.iter().map(record).collect();
        let report = Report {
            can_serve: self.can_serve(),
            shards: self.shards,
            findings: findings
                .iter()
                .zip(&judged)
                .map(|(finding, (verdict, remedy))| Record {
                    subject: finding.subject,
                    found: &finding.found,
                    verdict,
                    remedy: remedy.as_deref(),
                })
                .collect(),
        };
        let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn verdict_words(verdict: &Verdict) -> (&'static str, Option<&str>) {
    match verdict {
        Verdict::Fine => ("ok", None),
        Verdict::Note(remedy) => ("note", Some(remedy)),
        Verdict::Obstacle(remedy) => ("obstacle", Some(remedy)),
        Verdict::Unknown => ("unknown", None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::findings::tests::healthy;
    use super::super::host::RingReport;
    use super::*;

    #[test]
    fn a_remedy_stands_below_its_finding() {
        let report = HostReport {
            ring: RingReport::Refused("blocked".into()),
            ..healthy()
        };
        let text = report.to_text();
        let lines: Vec<&str> = text.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.starts_with("note"))
            .expect("a note");
        assert!(
            lines[at].contains("io_uring") && lines[at].ends_with("blocked"),
            "{text}"
        );
        assert!(lines[at + 1].contains("-> until then"), "{text}");
    }

    #[test]
    fn the_json_has_every_finding() {
        let json: serde_json::Value =
            serde_json::from_str(&healthy().to_json()).expect("it is JSON");
        assert_eq!(json["can_serve"], true);
        assert_eq!(json["findings"][0]["subject"], "kernel");
        assert_eq!(
            json["findings"].as_array().map(Vec::len),
            Some(healthy().findings().len())
        );
    }
}
