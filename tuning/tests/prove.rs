//! `ringtune prove` from outside: what it finds on a real kernel, what it refuses, and that
//! nothing is left of it, however it ends. Needs root and `ip`; says so where it has neither.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn prove(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringtune"));
    command.arg("prove").args(arguments).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs it; `None` with the reason printed where there is no namespace to be had.
fn proved(arguments: &[&str]) -> Option<Output> {
    let output = prove(arguments).output().expect("it runs");
    let refusal = said(&output);
    let hindered = ["needs root", "needs the program", "a network namespace:"];
    if output.status.code() == Some(3) && hindered.iter().any(|why| refusal.contains(why)) {
        println!("skipped: {}", refusal.trim());
        return None;
    }
    Some(output)
}

/// The only proof of a run with `--json -`.
fn proof(arguments: &[&str]) -> Option<Value> {
    let mut all = arguments.to_vec();
    all.extend(["--rounds", "2", "--json", "-"]);
    let output = proved(&all)?;
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let proof = document["proofs"][0].clone();
    let hindrance = proof["hindrance"].as_str().unwrap_or_default();
    if hindrance.contains("nft") {
        println!("skipped: {hindrance}");
        return None;
    }
    Some(proof)
}

#[test]
fn a_longer_accept_queue_helps_a_program_that_asks_for_it() {
    let Some(proof) = proof(&["--knob", "net.core.somaxconn"]) else {
        return;
    };
    assert_eq!(proof["verdict"], "helps", "{proof:#}");
    let (figure, counter) = (&proof["figures"][0], &proof["counters"][0]);
    assert_eq!(
        figure["before"], 129.0,
        "a queue of 128 holds one more: {figure}"
    );
    assert_eq!(figure["after"], 2000.0, "{figure}");
    assert_eq!(counter["name"], "TcpExt.ListenOverflows");
    assert_eq!(counter["after"], 0.0, "{counter}");
    let rounds = proof["rounds"]["before"].as_array().expect("rounds");
    assert_eq!(rounds.len(), 2);
    assert!(
        rounds[0]["counters"]["TcpExt.ListenOverflows"].as_i64() > Some(1000),
        "{rounds:?}"
    );
}

#[test]
fn the_syn_backlog_does_nothing_while_cookies_are_on() {
    let Some(proof) = proof(&["--myth", "net.ipv4.tcp_max_syn_backlog"]) else {
        return;
    };
    assert_eq!(proof["verdict"], "no effect", "{proof:#}");
    assert_eq!(proof["figures"][0]["before"], 257.0, "{proof:#}");
    assert_eq!(proof["counters"][0]["name"], "TcpExt.TCPReqQFullDoCookies");
    assert!(
        proof["counters"][0]["after"].as_f64() > Some(300.0),
        "{proof:#}"
    );
}

#[test]
fn a_wide_port_range_takes_the_port_of_a_service() {
    let Some(proof) = proof(&["--myth", "net.ipv4.ip_local_port_range"]) else {
        return;
    };
    assert_eq!(proof["verdict"], "hurts", "{proof:#}");
    assert_eq!(proof["figures"][0]["grounds"], "in every round");
}

#[test]
fn a_server_that_cannot_start_is_not_run_and_not_no_effect() {
    let Some(output) = proved(&["--knob", "limit.nofile", "--server", "/no/such/server"]) else {
        return;
    };
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.starts_with("not run    limit.nofile"), "{told}");
    assert!(
        told.contains("/no/such/server ended before it listened"),
        "{told}"
    );
}

#[test]
fn a_value_of_the_host_is_left_alone_without_leave() {
    let file = "/proc/sys/net/core/rmem_default";
    let before = fs::read_to_string(file).ok();
    let Some(proof) = proof(&["--myth", "net.core.rmem_default"]) else {
        return;
    };
    assert_eq!(proof["verdict"], "not run", "{proof:#}");
    assert!(
        proof["hindrance"]
            .as_str()
            .is_some_and(|why| why.contains("--allow-host"))
    );
    assert_eq!(fs::read_to_string(file).ok(), before);
}

#[test]
fn wrong_keys_are_answered_with_what_is_right() {
    for (arguments, remedy) in [
        (
            ["--knob", "net.core.somaxcon"],
            "did you mean net.core.somaxconn?",
        ),
        (
            ["--knob", "net.ipv4.tcp_fin_timeout"],
            "say --myth net.ipv4.tcp_fin_timeout",
        ),
        (
            ["--knob", "vm.swappiness"],
            "there is no proof of the knob vm.swappiness",
        ),
        (["--rounds", "3"], "required"),
    ] {
        let output = prove(&arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(said(&output).contains(remedy), "{arguments:?}: {output:?}");
    }
}

#[test]
fn without_root_it_says_so_in_one_sentence() {
    let binary = env!("CARGO_BIN_EXE_ringtune");
    let output = Command::new("setpriv")
        .args([
            "--reuid",
            "65534",
            "--clear-groups",
            binary,
            "prove",
            "--all",
        ])
        .output();
    let Some(output) = output
        .ok()
        .filter(|output| !matches!(output.status.code(), Some(1 | 126 | 127)))
    else {
        println!("skipped: no right to become another user (setpriv)");
        return;
    };
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let told = said(&output);
    assert!(
        told.contains("needs root") && told.lines().count() == 1,
        "{told}"
    );
}

#[test]
fn a_run_is_kept_in_a_folder_with_its_rounds_and_plots() {
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().display().to_string();
    let run = [
        "--myth",
        "net.ipv4.tcp_tw_reuse",
        "--rounds",
        "2",
        "--results",
        &into,
    ];
    if proved(&run).is_none() {
        return;
    }
    let kept = fs::read_dir(folder.path())
        .expect("a folder")
        .next()
        .expect("a run")
        .expect("it");
    let text = |name: &str| fs::read_to_string(kept.path().join(name)).expect(name);
    assert!(text("README.md").contains("| no effect | `net.ipv4.tcp_tw_reuse` (myth) | 0 → 1 |"));
    assert!(text("command.txt").starts_with("ringtune prove --myth net.ipv4.tcp_tw_reuse"));
    assert_eq!(text("page.html").matches("<circle").count(), 4);
    let rounds: Value = serde_json::from_str(&text("rounds.json")).expect("JSON");
    assert_eq!(
        rounds["proofs"][0]["rounds"]["after"][1]["figures"]["TIME_WAIT"],
        50.0
    );
    assert!(text("environment.json").contains("\"kernel\""));
}

/// A run in the middle of a proof whose server never listens, and the namespaces that it holds.
fn running() -> Option<(Child, BTreeSet<String>)> {
    proved(&["--myth", "net.ipv4.tcp_tw_reuse", "--rounds", "2"])?;
    let child = prove(&["--knob", "limit.nofile", "--server", "sleep 600"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut held = BTreeSet::new();
    wait_until("a server in a namespace", || {
        held = namespaces_of(child.id());
        let mut inside = held.iter().flat_map(|namespace| processes_in(namespace));
        inside.any(|process| {
            fs::read(format!("{process}/cmdline")).is_ok_and(|line| line.starts_with(b"sleep"))
        })
    });
    Some((child, held))
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The network namespaces that a process holds by descriptor.
fn namespaces_of(pid: u32) -> BTreeSet<String> {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return BTreeSet::new();
    };
    let links = files
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok());
    links
        .map(|link| link.display().to_string())
        .filter(|link| link.starts_with("net:["))
        .collect()
}

/// The processes that are in a namespace.
fn processes_in(namespace: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let is_in = |path: &std::path::PathBuf| {
        fs::read_link(path.join("ns/net")).is_ok_and(|link| link.display().to_string() == namespace)
    };
    let paths = processes.map(|process| process.path()).filter(is_in);
    paths.map(|path| path.display().to_string()).collect()
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .expect("a pid");
    kill_process(pid, signal).expect("it is there");
}

#[test]
fn nothing_is_left_after_kill_9() {
    let Some((mut child, namespaces)) = running() else {
        return;
    };
    assert!(!namespaces.is_empty());
    signal(&child, Signal::KILL);
    child.wait().expect("it ends");
    wait_until("the server is gone", || {
        namespaces
            .iter()
            .all(|namespace| processes_in(namespace).is_empty())
    });
}

#[test]
fn an_interrupt_ends_after_the_round_and_tells_what_is_known() {
    if proved(&["--myth", "net.ipv4.tcp_tw_reuse", "--rounds", "2"]).is_none() {
        return;
    }
    let mut child = prove(&["--myth", "net.ipv4.tcp_fin_timeout"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    wait_until("a namespace", || !namespaces_of(child.id()).is_empty());
    signal(&child, Signal::INT);
    wait_until("it ends", || child.try_wait().expect("its state").is_some());
    let output = child.wait_with_output().expect("its output");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.starts_with("not run    net.ipv4.tcp_fin_timeout"),
        "{told}"
    );
    assert!(told.contains("ended early: interrupted"), "{told}");
}
