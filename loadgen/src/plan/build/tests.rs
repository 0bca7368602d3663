//! From flags to scenarios.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use clap::Parser;

use super::*;
use crate::plan::{Endpoint, Security};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    flags: Flags,
    urls: Vec<WeightedUrl>,
}

fn read(file: &Path, _bytes_max: usize) -> io::Result<Vec<u8>> {
    match file.to_str() {
        Some("sums") => Ok([&[b'a'; 64][..], b"  index.html\n"].concat()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn resolve(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    match name {
        "here" => Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]),
        _ => Err(io::Error::other("no such name")),
    }
}

fn build(line: &str) -> Result<Scenario, Vec<Fault>> {
    let words = ["x"].into_iter().chain(line.split_whitespace());
    let line = Line::try_parse_from(words).expect("flags that parse");
    let targets: Vec<Target> = line
        .urls
        .into_iter()
        .map(|url| Target {
            url,
            request: RequestFlags::default(),
        })
        .collect();
    let world = World {
        read: &read,
        resolve: &resolve,
        seed: 42,
    };
    Scenario::build(&targets, &line.flags, world)
}

fn built(line: &str) -> Scenario {
    build(line).expect(line)
}

#[test]
fn defaults_are_those_that_the_help_names() {
    let scenario = built("http://here/");
    let mut command = <Line as clap::CommandFactory>::command();
    command.build();
    let named = |flag: &str| {
        let argument = command
            .get_arguments()
            .find(|arg| arg.get_long() == Some(flag));
        let help = argument
            .and_then(|arg| arg.get_help())
            .expect(flag)
            .to_string();
        let (_, default) = help.rsplit_once("[default: ").expect(&help);
        default.split([']', ';']).next().expect("a text").to_owned()
    };
    let time = |flag: &str| crate::plan::units::time(&named(flag)).expect(flag);
    assert_eq!(named("connections"), scenario.connections.to_string());
    assert_eq!(scenario.extent, Extent::Time(time("duration")));
    assert_eq!(scenario.warmup, time("warmup"));
    assert_eq!(scenario.timeout, time("timeout"));
    assert_eq!(scenario.connecting.timeout, time("connect-timeout"));
    let at_once = scenario.connecting.in_flight_max;
    assert_eq!(named("connect-at-once"), at_once.to_string());
    assert_eq!(named("name"), scenario.name);
    assert_eq!(named("arrival"), "poisson");
    assert_eq!(
        named("expect-status"),
        scenario.verification.statuses.to_string()
    );
    assert_eq!(
        scenario.pacing,
        Pacing::Closed {
            pipeline: NonZeroU32::MIN
        }
    );
    assert_eq!((scenario.seed, &scenario.threads), (42, &Threads::Auto));
    assert!(scenario.verification.is_plain());
}

#[test]
fn searches_and_holds_have_the_defaults_that_their_help_names() {
    use crate::plan::flags::{HoldFlags, SearchFlags};
    use crate::plan::units::{count, rate, share, time};

    let command = <HoldFlags as clap::Args>::augment_args(clap::Command::new("x"));
    let command = <SearchFlags as clap::Args>::augment_args(command);
    let named = |flag: &str| {
        let mut arguments = command.get_arguments();
        let argument = arguments.find(|argument| argument.get_long() == Some(flag));
        let help = argument.and_then(|argument| argument.get_help());
        let help = help.expect(flag).to_string();
        let (_, default) = help.rsplit_once("[default: ").expect(flag);
        default.trim_end_matches(']').to_owned()
    };
    assert_eq!(rate(&named("from")), Ok(SEARCH_FROM_DEFAULT));
    assert_eq!(rate(&named("to")), Ok(SEARCH_TO_DEFAULT));
    assert_eq!(share(&named("precision")), Ok(PRECISION_DEFAULT));
    let whole = |flag: &str| count(&named(flag)).expect(flag);
    assert_eq!(whole("runs-max"), u64::from(RUNS_MAX_DEFAULT.get()));
    assert_eq!(whole("ask-at-once"), u64::from(ASK_AT_ONCE_DEFAULT.get()));
    assert_eq!(time(&named("hold")), Ok(HOLD_DEFAULT));
    assert_eq!(time(&named("every")), Ok(EVERY_DEFAULT));
}

#[test]
fn urls_of_one_server_are_one_mix() {
    let scenario = built("3@http://here:81/a http://here:82-83/b 1@http://here:81/c?d");
    let origins = &scenario.origins;
    assert_eq!(origins.len(), 2);
    assert_eq!(origins[0].mix.weight(), 4.0);
    let labels: Vec<_> = origins[0]
        .mix
        .requests()
        .iter()
        .map(|one| &*one.label)
        .collect();
    assert_eq!(labels, ["GET /a", "GET /c?d"]);
    let Endpoint::Tcp(addresses) = &origins[1].endpoint else {
        panic!("{:?}", origins[1].endpoint);
    };
    let ports: Vec<u16> = addresses.iter().map(SocketAddr::port).collect();
    assert_eq!(ports, [82, 83]);
}

#[test]
fn stages_are_the_window_and_the_warmup_has_their_first_rate() {
    let scenario = built("--stages 4s:100..300,2s:50 --warmup 3s http://here/");
    assert_eq!(scenario.extent, Extent::Time(Duration::from_secs(6)));
    let Pacing::Open { profile, .. } = &scenario.pacing else {
        panic!("{:?}", scenario.pacing);
    };
    let curve = crate::schedule::RateCurve::new(profile);
    assert_eq!(curve.starts_by(Duration::from_secs(3)), 300.0);
    assert_eq!(curve.starts_by(Duration::from_secs(7)), 300.0 + 800.0);
    assert_eq!(curve.starts_by(Duration::from_secs(9)), 1100.0 + 100.0);
}

#[test]
fn a_number_of_requests_has_no_warmup_unless_asked() {
    assert_eq!(built("-n 5 http://here/").warmup, Duration::ZERO);
    let warmed = built("-n 5 --warmup 2s http://here/");
    assert_eq!(warmed.warmup, Duration::from_secs(2));
}

#[test]
fn https_opens_the_door_for_tls() {
    let secured = built("--insecure --no-resumption https://here/");
    let security = Security::Tls {
        sni: "here".to_owned(),
        verifies_peer: false,
        resumes: false,
    };
    assert_eq!(secured.origins[0].security, security);
    assert_eq!(built("http://here/").origins[0].security, Security::Plain);
}

#[test]
fn same_requests_with_different_bodies_have_first_replies_of_their_own() {
    let scenario = built("--verify http://here:81/ http://here:82/");
    assert_eq!(scenario.origins[1].mix.request(0).label, "GET / (2)");
    let manifest = built("--verify=manifest:sums http://here/").verification;
    assert!(matches!(manifest.content, Content::Manifest(sums) if sums.digest("/").is_some()));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let faults = build(
        "--arrival constant --sni x --source ::1 --verify=manifest:none -c 1 \
         http://here:81/{sqe} http://here:82/ http://here:83/ http://nowhere/ unix:/a",
    )
    .expect_err("faults");
    let said: Vec<(&str, &str)> = faults.iter().map(|one| (one.key, &*one.text)).collect();
    for (key, says) in [
        ("arrival", "add a rate or stages"),
        ("sni", "is for https"),
        ("url", "did you mean {seq}?"),
        ("url", "the name nowhere cannot be resolved: no such name"),
        ("source", "::1 cannot reach http://here:82"),
        ("source", "unix:/a is a unix socket"),
        ("verify", "the manifest none"),
        ("connections", "1 for 3 servers"),
    ] {
        let is_said = said
            .iter()
            .any(|(of, text)| *of == key && text.contains(says));
        assert!(is_said, "{key} {says}: {said:?}");
    }
    assert_eq!(faults.iter().find_map(|fault| fault.index), Some(0));
}

#[test]
fn contradictions_are_refused() {
    for (line, key) in [
        ("--rate 5 --pipeline 2 http://here/", "pipeline"),
        ("--rate 5 --gather 0s http://here/", "gather"),
        ("--pipeline 2 --no-keepalive http://here/", "pipeline"),
        ("--rate 0 http://here/", "rate"),
        ("--connect-rate 0 http://here/", "connect_rate"),
        ("--duration 0s http://here/", "duration"),
        ("--timeout 0s http://here/", "timeout"),
        ("--connect-timeout 0s http://here/", "connect_timeout"),
        ("", "url"),
    ] {
        let faults = build(line).expect_err(line);
        assert_eq!(faults.len(), 1, "{line}: {faults:?}");
        assert_eq!(faults[0].key, key, "{line}");
    }
    assert!(build("--pipeline 1 --no-keepalive http://here/").is_ok());
}
