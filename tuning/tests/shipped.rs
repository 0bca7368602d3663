//! The files that a person can install without the tool: right for the programs that read them,
//! and in agreement with the catalogue, with the renderer and with each other.
//!
//! Where a program is missing, its test says so and counts as skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ringtune::catalogue::{Catalogue, Role};
use ringtune::check::{Programs, Report, Verdict};
use ringtune::firewall::{Networks, Nft, RuleSet, Ssh, Tracking, render};
use ringtune::goal::Goal;
use ringtune::host::{Host, Root, Subject, sysctl};
use ringtune::setting::{Ports, Setting, Shape};

const UNIT: &str = "systemd/ringmain.service";
const RULE_SET: &str = "nftables/ringmain.nft";
/// fs.nr_open as every kernel has it: a login or a service that asks for more fails.
const NR_OPEN: u64 = 1_048_576;

#[test]
fn the_rule_set_is_what_the_renderer_makes_of_its_variables() {
    let networks = [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fd00::/8",
        "fe80::/10",
    ];
    let networks = networks.iter().map(|text| text.parse().expect("a network"));
    let ssh = Ssh::From {
        networks: Networks::of(networks).expect("a set"),
        port: 22,
    };
    let ports = Ports::read("80,443").expect("ports");
    let rules = RuleSet::new(ports, None, ssh, Tracking::Off).expect("a rule set");
    // The head is for people who load it by hand.
    let shipped = text(RULE_SET);
    let at = shipped
        .find("# Ports of the service")
        .expect("the variables");
    let head = &shipped[..at];
    assert!(
        head.lines()
            .all(|line| line.is_empty() || line.starts_with('#')),
        "the head says something to nft: {head}"
    );
    assert_eq!(&shipped[at..], render(&rules));
}

#[test]
fn nft_takes_the_rule_set() {
    if !rustix::process::geteuid().is_root() {
        return skipped("not root");
    }
    let Ok(nft) = Nft::find() else {
        return skipped("nft is not installed");
    };
    if let Err(error) = nft.check(&text(RULE_SET)) {
        panic!("{error}");
    }
    let broken = text(RULE_SET).replace("policy drop", "policy dorp");
    assert!(nft.check(&broken).is_err(), "a mistake is found");
}

#[test]
fn systemd_knows_every_line_of_the_unit() {
    let Some(version) = systemd_version() else {
        return skipped("systemd-analyze is not installed");
    };
    assert_eq!(complaints(&text(UNIT), version), Vec::<String>::new());
    let broken = text(UNIT).replace("Restart=always", "Restart=allways");
    assert_eq!(complaints(&broken, version).len(), 1, "a mistake is found");
}

#[test]
fn systemd_makes_the_user_of_the_unit() {
    let path = shipped("systemd/ringmain.sysusers.conf");
    let arguments = ["--dry-run".as_ref(), path.as_os_str()];
    let Ok(output) = Command::new("systemd-sysusers").args(arguments).output() else {
        return skipped("systemd-sysusers is not installed");
    };
    assert!(output.status.success(), "{}", said(&output));
    let user = value_of(&ini(UNIT), "User").expect("a user");
    let line = format!("u {user} ");
    assert!(
        text("systemd/ringmain.sysusers.conf").contains(&line),
        "{line}"
    );
}

#[test]
fn every_profile_sets_what_the_catalogue_knows_and_no_myth() {
    let catalogue = Catalogue::load(None).expect("a catalogue");
    for (file, role) in [
        ("profiles/80-ringmain-server.conf", Role::Server),
        ("profiles/80-ringmain-proxy.conf", Role::Proxy),
        ("profiles/80-ringmain-client.conf", Role::Client),
    ] {
        let assignments = assignments(file);
        assert!(assignments.len() >= 3, "{file}: {assignments:?}");
        for (key, value) in &assignments {
            let at = format!("{file}: {key} = {value}");
            let knob = catalogue
                .knob(key)
                .unwrap_or_else(|| panic!("{at}: no such knob"));
            let setting = knob
                .shape
                .read(value)
                .unwrap_or_else(|error| panic!("{at}: {error}"));
            if let (Shape::Word(words), Setting::Word(word)) = (&knob.shape, &setting) {
                assert!(
                    words.is_empty() || words.contains(word),
                    "{at}: none of {words:?}"
                );
            }
            for number in (0..3).filter_map(|part| setting.number(part)) {
                let (min, max) = (knob.range.min, knob.range.max);
                assert!(min.is_none_or(|min| number >= min), "{at}: below {min:?}");
                assert!(max.is_none_or(|max| number <= max), "{at}: above {max:?}");
            }
        }
        let findings = findings(&catalogue, file, &assignments, role);
        assert_eq!(findings, Vec::<String>::new(), "{file}");
    }
    let myth = [("net.ipv4.tcp_fin_timeout".to_owned(), "30".to_owned())];
    assert_eq!(
        findings(&catalogue, "x", &myth, Role::Server).len(),
        1,
        "a myth is found"
    );
}

#[test]
fn the_limits_are_for_one_group_and_within_what_a_login_may_have() {
    let file = "limits.d/80-ringload.conf";
    let (text, mut seen) = (text(file), Vec::new());
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [who, kind, item, value] = fields[..] else {
            panic!("{file}: four fields, not {line:?}");
        };
        assert!(who.starts_with('@'), "{file}: not for everybody: {line:?}");
        assert!(["soft", "hard"].contains(&kind), "{file}: {line:?}");
        let value: u64 = value
            .parse()
            .unwrap_or_else(|_| panic!("{file}: a number: {line:?}"));
        match item {
            "nofile" => assert!((1..=NR_OPEN).contains(&value), "{file}: {line:?}"),
            "memlock" => assert!(value > 0, "{file}: {line:?}"),
            other => panic!("{file}: {other} is no item that a load generator needs"),
        }
        seen.push((item, kind, value));
    }
    for item in ["nofile", "memlock"] {
        let of = |kind| seen.iter().find(|limit| (limit.0, limit.1) == (item, kind));
        let (soft, hard) = (of("soft").expect("soft"), of("hard").expect("hard"));
        assert!(soft.2 <= hard.2, "{file}: {item} is soft above hard");
    }
}

/// One server, two ways to run it: both files must mean the same.
#[test]
fn supervisor_and_systemd_run_the_server_alike() {
    let (program, unit) = (ini("supervisor/ringmain.conf"), ini(UNIT));
    let sections: Vec<&str> = program.iter().map(|entry| entry.0.as_str()).collect();
    assert!(
        sections
            .iter()
            .all(|section| *section == "program:ringmain"),
        "{sections:?}"
    );
    let of = |key: &str| value_of(&program, key).unwrap_or_else(|| panic!("no {key}"));
    assert_eq!(Some(of("command")), value_of(&unit, "ExecStart"));
    assert_eq!(Some(of("user")), value_of(&unit, "User"));
    assert_eq!(
        Some(format!("{}s", of("stopwaitsecs"))),
        value_of(&unit, "TimeoutStopSec")
    );
    assert_eq!(
        Some(format!("SIG{}", of("stopsignal"))),
        value_of(&unit, "KillSignal")
    );
    assert_eq!(
        (of("autostart"), of("autorestart")),
        ("true".into(), "true".into())
    );
    assert_eq!(value_of(&unit, "Restart").as_deref(), Some("always"));
    for number in ["startsecs", "startretries"] {
        assert!(
            of(number).parse::<u32>().is_ok_and(|value| value > 0),
            "{number}"
        );
    }
    let limit = value_of(&unit, "LimitNOFILE").and_then(|limit| limit.parse::<u64>().ok());
    assert!(limit.is_some_and(|limit| limit <= NR_OPEN), "{limit:?}");
}

/// What systemd says about a unit whose programs are there, without what it cannot know yet.
fn complaints(unit: &str, version: u32) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ringmain.service");
    fs::write(&path, unit.replace("/usr/local/bin/ringmain", "/bin/true")).expect("a file");
    let mut command = Command::new("systemd-analyze");
    let output = command
        .args(["verify", "--man=no"])
        .arg(&path)
        .output()
        .expect("it ran before");
    let newer = ["RestartSteps", "RestartMaxDelaySec"];
    let is_known = |line: &&str| {
        version >= 254
            || !newer
                .iter()
                .any(|key| line.contains(&format!("key '{key}'")))
    };
    let text = said(&output);
    // Units of the host may have mistakes of their own.
    let ours = text
        .lines()
        .filter(|line| line.contains("ringmain.service"));
    ours.filter(is_known).map(str::to_owned).collect()
}

fn systemd_version() -> Option<u32> {
    let output = Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split_whitespace().nth(1)?;
    number
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// What `check` finds wrong about keys, on a host that has exactly these values.
fn findings(
    catalogue: &Catalogue,
    file: &str,
    assignments: &[(String, String)],
    role: Role,
) -> Vec<String> {
    let tree = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = tree.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    };
    write("proc/meminfo", "MemTotal:       16777216 kB\n");
    write("proc/sys/kernel/osrelease", "6.18.0\n");
    for (key, value) in assignments {
        write(&sysctl::path_of(key), value);
    }
    let name = Path::new(file)
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name");
    let lines: Vec<String> = assignments
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    write(&format!("etc/sysctl.d/{name}"), &lines.concat());
    let host = Host::read(
        Root::new(tree.path()),
        &Subject::Unit("ringmain.service".into()),
    );
    let report = Report::of(
        catalogue,
        &host,
        Goal::of(100_000, role),
        Programs::default(),
    );
    let is_set = |key: &str| assignments.iter().any(|(set, _)| set == key);
    let myths = report
        .myths
        .iter()
        .filter(|carried| is_set(&carried.myth.key));
    let knobs = report.judgements.iter();
    let unsafe_knobs = knobs
        .filter(|judgement| judgement.verdict == Verdict::Unsafe && is_set(&judgement.knob.key));
    myths
        .map(|carried| format!("{}: {}", carried.myth.key, carried.myth.truth))
        .chain(unsafe_knobs.map(|judgement| format!("{} is unsafe", judgement.name)))
        .collect()
}

/// Keys and values of a file of sysctl.d.
fn assignments(file: &str) -> Vec<(String, String)> {
    let text = text(file);
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let assignments = lines.map(|line| {
        let (key, value) = line
            .split_once('=')
            .unwrap_or_else(|| panic!("{file}: {line:?}"));
        let key = key.trim();
        (
            key.strip_prefix('-').unwrap_or(key).to_owned(),
            value.trim().to_owned(),
        )
    });
    assignments.collect()
}

/// Section, key and value of each line of an INI file.
fn ini(file: &str) -> Vec<(String, String, String)> {
    let mut section = None;
    let mut entries = Vec::new();
    for line in text(file)
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with([';', '#']))
    {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = Some(name.to_owned());
            continue;
        }
        let (key, value) = line
            .split_once('=')
            .unwrap_or_else(|| panic!("{file}: {line:?}"));
        let section = section
            .clone()
            .unwrap_or_else(|| panic!("{file}: no section for {line:?}"));
        entries.push((section, key.trim().to_owned(), value.trim().to_owned()));
    }
    entries
}

fn value_of(entries: &[(String, String, String)], key: &str) -> Option<String> {
    entries
        .iter()
        .find(|entry| entry.1 == key)
        .map(|entry| entry.2.clone())
}

fn text(file: &str) -> String {
    fs::read_to_string(shipped(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn shipped(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn skipped(why: &str) {
    println!("skipped: {why}");
}
