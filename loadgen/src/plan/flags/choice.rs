//! Flag values that are neither numbers nor quantities.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::plan::nearest::nearest;
use crate::plan::{Arrival, Gathering, RatePiece, units};

/// CPUs that a list may name.
const CPUS_MAX: usize = 1024;
/// Stages that a load may have.
const STAGES_MAX: usize = 1000;

/// Why a text is not a choice: what is allowed, or what was meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChoiceError(pub(super) String);

/// CPU numbers in the order given: `1,3` or `0-3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuList(pub Vec<usize>);

/// Straight pieces of a rate over time: `10s:1000,20s:1000..5000`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stages(pub Vec<RatePiece>);

/// What content is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentChoice {
    /// The first reply to the same request.
    FirstReply,
    /// The digests in this file.
    Manifest(PathBuf),
}

impl FromStr for CpuList {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<CpuList, ChoiceError> {
        let wrong = || ChoiceError("write CPU numbers as in 1,3 or 0-3, each once".to_owned());
        let mut cpus = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let first: usize = first.trim().parse().map_err(|_| wrong())?;
            let last: usize = last.trim().parse().map_err(|_| wrong())?;
            if first > last || last >= CPUS_MAX {
                return Err(wrong());
            }
            for cpu in first..=last {
                if cpus.contains(&cpu) {
                    return Err(wrong());
                }
                cpus.push(cpu);
            }
        }
        Ok(CpuList(cpus))
    }
}

impl FromStr for Stages {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Stages, ChoiceError> {
        let stages = text
            .split(',')
            .map(|stage| parse_stage(stage.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        if stages.len() > STAGES_MAX {
            return Err(ChoiceError(format!("at most {STAGES_MAX} stages")));
        }
        if stages
            .iter()
            .all(|stage| stage.from == 0.0 && stage.to == 0.0)
        {
            return Err(ChoiceError(
                "some stage must have a rate above 0".to_owned(),
            ));
        }
        Ok(Stages(stages))
    }
}

fn parse_stage(text: &str) -> Result<RatePiece, ChoiceError> {
    let wrong = |what: String| ChoiceError(format!("the stage \"{}\" {what}", text.escape_debug()));
    let (length, rates) = text
        .split_once(':')
        .ok_or_else(|| wrong("is not TIME:RATE; write 10s:1000 or 10s:1000..5000".to_owned()))?;
    let (from, to) = rates.split_once("..").unwrap_or((rates, rates));
    let rate =
        |text: &str| units::rate(text).map_err(|error| wrong(format!("has a rate that {error}")));
    let length =
        units::time(length).map_err(|error| wrong(format!("has a length that {error}")))?;
    if length.is_zero() {
        return Err(wrong("has no length".to_owned()));
    }
    Ok(RatePiece {
        length,
        from: rate(from)?,
        to: rate(to)?,
    })
}

impl FromStr for ContentChoice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<ContentChoice, ChoiceError> {
        match text.split_once(':') {
            None if text == "first" => Ok(ContentChoice::FirstReply),
            Some(("manifest", file)) if !file.is_empty() => {
                Ok(ContentChoice::Manifest(file.into()))
            }
            Some(_) | None => Err(ChoiceError("write first or manifest:FILE".to_owned())),
        }
    }
}

pub(super) fn arrival(text: &str) -> Result<Arrival, ChoiceError> {
    match text {
        "poisson" => Ok(Arrival::Poisson),
        "constant" => Ok(Arrival::Constant),
        other => Err(not_one_of(other, &["poisson", "constant"])),
    }
}

pub(super) fn io(text: &str) -> Result<shard::Io, ChoiceError> {
    match text {
        "auto" => Ok(shard::Io::Auto),
        "uring" => Ok(shard::Io::Uring),
        "epoll" => Ok(shard::Io::Epoll),
        "io_uring" | "io-uring" => Err(ChoiceError("did you mean uring?".to_owned())),
        other => Err(not_one_of(other, &["auto", "uring", "epoll"])),
    }
}

pub(super) fn gathering(text: &str) -> Result<Gathering, ChoiceError> {
    /// Beyond this, gathering would be most of the latency.
    const GATHERING_MAX: Duration = Duration::from_millis(100);
    if text == "auto" {
        return Ok(Gathering::Auto);
    }
    match units::time(text) {
        Ok(time) if time <= GATHERING_MAX => Ok(Gathering::AtMost(time)),
        Ok(_) => Err(ChoiceError("is more than 100ms".to_owned())),
        Err(error) => Err(ChoiceError(format!("{error}; or write auto"))),
    }
}

fn not_one_of(found: &str, words: &[&str]) -> ChoiceError {
    ChoiceError(match nearest(found, words.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("write {}", words.join(" or ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_hold_and_climb() {
        let Stages(pieces) = "10s:1000, 500ms:1k..5k/s".parse().expect("valid");
        assert_eq!(
            pieces,
            [
                RatePiece {
                    length: Duration::from_secs(10),
                    from: 1000.0,
                    to: 1000.0,
                },
                RatePiece {
                    length: Duration::from_millis(500),
                    from: 1000.0,
                    to: 5000.0,
                },
            ]
        );
        for (wrong, says) in [
            ("1000", "is not TIME:RATE"),
            ("10:1000", "has a length that has no unit"),
            ("10s:fast", "has a rate that"),
            ("0s:5", "has no length"),
            ("1s:0", "above 0"),
            ("1s:5,,", "the stage \"\""),
        ] {
            let error = wrong.parse::<Stages>().expect_err(wrong).to_string();
            assert!(error.contains(says), "{wrong}: {error}");
        }
    }

    #[test]
    fn cpus_are_lists_and_ranges() {
        assert_eq!("3,0-1".parse(), Ok(CpuList(vec![3, 0, 1])));
        for wrong in ["", "a", "1-0", "1,1", "0-5000", "-1"] {
            assert!(wrong.parse::<CpuList>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_are_suggested() {
        let says = |error: ChoiceError| error.to_string();
        assert_eq!(
            says(arrival("possion").expect_err("x")),
            "did you mean poisson?"
        );
        assert_eq!(
            says(arrival("even").expect_err("x")),
            "write poisson or constant"
        );
        assert_eq!(says(io("io_uring").expect_err("x")), "did you mean uring?");
        assert!(says(gathering("5").expect_err("x")).ends_with("or write auto"));
        assert!("manifest:".parse::<ContentChoice>().is_err());
    }
}
