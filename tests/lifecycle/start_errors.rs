//! What cannot start says why in one sentence, with the remedy and the right exit code.

use std::fs;
use std::net::TcpListener;

use crate::harness::{Driver, Finished, Server, Site, ringmain, run_to_end};

/// One sentence per problem, no backtrace, nothing on standard output.
#[track_caller]
fn expect_failure(finished: &Finished, code: i32, mentions: &[&str]) {
    let said = finished.stderr.trim_end();
    assert_eq!(finished.code, Some(code), "{said}");
    assert!(finished.stdout.is_empty(), "{said}");
    assert!(said.starts_with("ringmain: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in mentions {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
    for word in ["panicked", "backtrace", "Error {", "Os {"] {
        assert!(!said.contains(word), "{said}");
    }
}

fn serve(site: &Site, listen: &str) -> Finished {
    let mut command = ringmain();
    command.args(["serve", "--listen", listen]).arg(site.root());
    run_to_end(&mut command)
}

fn check(site: &Site, config: &str) -> Finished {
    let file = site.beside("broken.toml");
    fs::write(&file, config).expect("the config");
    run_to_end(ringmain().arg("run").arg("-c").arg(file))
}

#[test]
fn a_port_in_use() {
    let site = Site::small();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    expect_failure(
        &serve(&site, &address),
        1,
        &[&address, "in use", "--listen"],
    );
}

#[test]
fn a_port_in_use_by_another_ringmain() {
    let site = Site::small();
    let first = Server::serve(Driver::Epoll, &site, &[]);
    let address = first.address().to_string();
    // SO_REUSEPORT must not hide it.
    expect_failure(&serve(&site, &address), 1, &[&address, "in use"]);
    first.get("/hello.txt").expect_status(200);
}

#[test]
fn an_address_of_another_host() {
    let site = Site::small();
    expect_failure(&serve(&site, "192.0.2.1:0"), 1, &["192.0.2.1"]);
}

#[test]
fn a_missing_folder() {
    let site = Site::small();
    let mut command = ringmain();
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .arg(site.path("missing"));
    expect_failure(&run_to_end(&mut command), 1, &["missing"]);
    let mut command = ringmain();
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .arg(site.path("hello.txt"));
    expect_failure(&run_to_end(&mut command), 1, &["hello.txt"]);
    expect_failure(
        &check(&site, "[[route]]\nfiles = \"missing\"\n"),
        1,
        &["missing", "broken.toml:2:9"],
    );
}

#[test]
fn a_log_that_cannot_be_opened() {
    let site = Site::small();
    let mut command = ringmain();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--log"])
        .arg(site.beside("none/access.log"))
        .arg(site.root());
    let finished = run_to_end(&mut command);
    expect_failure(&finished, 1, &["log"]);
}

#[test]
fn a_privileged_port() {
    if rustix::process::geteuid().is_root() {
        println!("skipped: root may listen on every port");
        return;
    }
    let lowest = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    if lowest.is_ok_and(|lowest| lowest.trim().parse().is_ok_and(|port: u16| port <= 80)) {
        println!("skipped: port 80 is open to everybody here");
        return;
    }
    let site = Site::small();
    expect_failure(&serve(&site, "127.0.0.1:80"), 1, &["CAP_NET_BIND_SERVICE"]);
}

#[test]
fn a_broken_config_names_file_line_and_column() {
    let site = Site::small();
    for (config, place, mentions) in [
        (
            "lissten = [\":80\"]\n[[route]]\nfiles = \"public\"\n",
            "broken.toml:1:1",
            "listen",
        ),
        (
            "[[route]]\nfiles = \"public\"\n[limits]\nidle_tme = \"5s\"\n",
            "broken.toml:4:1",
            "idle_time",
        ),
        (
            "[limits]\nidle_time = 5\n[[route]]\nfiles = \"public\"\n",
            "broken.toml:2:13",
            "s",
        ),
        (
            "[limits]\nidle_time = \"5 parsecs\"\n[[route]]\nfiles = \"public\"\n",
            "broken.toml:2:13",
            "min",
        ),
        ("listen = [\n", "broken.toml:", ""),
        (
            "io = \"urring\"\n[[route]]\nfiles = \"public\"\n",
            "broken.toml:1:6",
            "uring",
        ),
        (
            "listen = [\"localhost:80\"]\n[[route]]\nfiles = \"public\"\n",
            "broken.toml:1:11",
            "127.0.0.1",
        ),
        (
            "shards = 0\n[[route]]\nfiles = \"public\"\n",
            "broken.toml:1:10",
            "1",
        ),
    ] {
        let finished = check(&site, config);
        expect_failure(&finished, 2, &[place, mentions]);
    }
}

#[test]
fn every_problem_is_reported_at_once() {
    let site = Site::small();
    let finished = check(
        &site,
        "shards = 0\nio = \"x\"\n[limits]\nnonsense = 1\n[[route]]\nfiles = \"public\"\n",
    );
    assert_eq!(finished.code, Some(2));
    let said: Vec<&str> = finished.stderr.lines().collect();
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(said.iter().all(|line| line.starts_with("ringmain: ")));
}

#[test]
fn a_missing_config() {
    let site = Site::small();
    let file = site.beside("none.toml");
    let finished = run_to_end(ringmain().arg("run").arg("-c").arg(file));
    assert!(matches!(finished.code, Some(1 | 2)), "{finished:?}");
    expect_failure(&finished, finished.code.unwrap_or(0), &["none.toml"]);
}

#[test]
fn wrong_flags() {
    for (flags, mentions) in [
        (&["serve", "--lisen", ":80"][..], "--listen"),
        (&["serve", "--shards", "many"], "many"),
        (&["serve", "--io", "iocp"], "uring"),
        (&["serve", "--listen", "localhost"], "localhost"),
        (&["sevre"], "serve"),
    ] {
        let finished = run_to_end(ringmain().args(flags));
        assert_eq!(finished.code, Some(2), "{flags:?}: {}", finished.stderr);
        assert!(
            finished.stderr.starts_with("ringmain: "),
            "{}",
            finished.stderr
        );
        assert!(finished.stderr.contains(mentions), "{}", finished.stderr);
        assert!(finished.stdout.is_empty());
    }
}

#[test]
fn help_and_version_are_answers() {
    for flags in [&["--help"][..], &["--version"], &["serve", "--help"]] {
        let finished = run_to_end(ringmain().args(flags));
        assert_eq!(finished.code, Some(0));
        assert!(finished.stderr.is_empty());
        assert!(!finished.stdout.is_empty());
    }
}

#[test]
fn the_doctor_speaks_json() {
    let finished = run_to_end(ringmain().args(["doctor", "--json"]));
    assert!(matches!(finished.code, Some(0 | 1)));
    let report: serde_json::Value = serde_json::from_slice(&finished.stdout).expect("JSON");
    assert!(report.is_object());
}
