//! What the rules let in and what not.

use std::fs;
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::process::Command;
use std::time::Duration;

use crate::lab::{FRIEND, Lab, PATIENCE, SERVER, SERVER_FOR_STRANGERS, SILENCE, ask};

const SHORT: &[u8] = b"answer";
/// More than fits into the first window, so that full segments travel.
static LONG: [u8; 300_000] = [b'x'; 300_000];
/// Rules of somebody else, among them a table that has our name in another family.
const ADMIN: &str = "
table inet admin {
    set kept {
        type ipv4_addr
        elements = { 192.0.2.1 }
    }
    chain input {
        type filter hook input priority 10
        tcp dport 81 counter drop
    }
}
table ip ringmain {
    chain other {
        accept
    }
}
";

#[test]
fn the_service_answers_untracked_and_everything_else_is_silent() {
    let Some(lab) = Lab::new() else { return };
    for port in [80, 8080] {
        lab.serve(port, SHORT);
        lab.connect(SERVER, port);
    }
    lab.enforce(&[]);
    let mut service = lab.connect(SERVER, 80);
    assert_eq!(ask(&mut service, SHORT.len(), PATIENCE), SHORT.len());
    assert_eq!(
        tracked(&lab),
        0,
        "connections to the service are not tracked"
    );
    assert!(lab.is_silent(SERVER, 8080), "default deny");
    assert!(dropped(&lab) > 0, "what was dropped is counted");
    // Both directions of a connection on loopback pass both hooks.
    lab.server
        .inside(|| TcpStream::connect("127.0.0.1:80"))
        .expect("loopback");
    assert_eq!(tracked(&lab), 0, "on loopback neither");
}

#[test]
fn without_notrack_the_service_is_tracked() {
    let Some(lab) = Lab::new() else { return };
    lab.serve(80, SHORT);
    lab.enforce(&["--no-notrack"]);
    let mut service = lab.connect(SERVER, 80);
    assert_eq!(ask(&mut service, SHORT.len(), PATIENCE), SHORT.len());
    assert_eq!(tracked(&lab), 1);
}

#[test]
fn a_udp_service_is_reached_untracked_and_others_are_not() {
    let Some(lab) = Lab::new() else { return };
    lab.enforce(&["--service-udp-port", "4433"]);
    let server = |port, patience: Duration| {
        let bind = move || UdpSocket::bind(("0.0.0.0", port));
        let socket = lab.server.inside(bind).expect("a socket");
        socket.set_read_timeout(Some(patience)).expect("a timeout");
        socket
    };
    let (open, closed) = (server(4433, PATIENCE), server(4434, SILENCE));
    let bind = || UdpSocket::bind("0.0.0.0:0");
    let client = lab.client.inside(bind).expect("a socket");
    for port in [4434, 4433] {
        let to = (Ipv4Addr::from(SERVER), port);
        client.send_to(b"?", to).expect("sent");
    }
    let mut byte = [0];
    assert!(open.recv_from(&mut byte).is_ok(), "the service");
    assert!(closed.recv_from(&mut byte).is_err(), "another port");
    assert_eq!(tracked(&lab), 0);
}

#[test]
fn ssh_is_open_to_its_networks_at_a_bounded_rate() {
    let Some(lab) = Lab::new() else { return };
    lab.serve(22, SHORT);
    lab.connect(SERVER_FOR_STRANGERS, 22);
    lab.enforce(&[]);
    assert!(lab.is_silent(SERVER_FOR_STRANGERS, 22), "a stranger");
    let mut first = lab.connect(SERVER, 22);
    let mut opened = 1;
    while opened < 40 && !lab.is_silent(SERVER, 22) {
        opened += 1;
    }
    // A burst of 20, and one more for each 6 s that this took.
    assert!(
        (20..=23).contains(&opened),
        "{opened} connections were let in"
    );
    assert_eq!(
        ask(&mut first, SHORT.len(), PATIENCE),
        SHORT.len(),
        "open ones go on"
    );
}

/// The router says "fragmentation needed", and connection tracking calls that invalid because the
/// connection is not tracked.
#[test]
fn clients_behind_a_smaller_mtu_get_large_answers() {
    let Some(lab) = Lab::new() else { return };
    lab.serve(80, &LONG);
    let shown = lab.firewall_text();
    // First the wrong order, before the server has learned the MTU: it shows that this test can
    // tell.
    let wrong = shown.replacen(
        "        icmp type {",
        "        ct state invalid drop\n        icmp type {",
        1,
    );
    assert_ne!(wrong, shown);
    lab.server.load(&wrong);
    let mut hanging = lab.connect(SERVER, 80);
    assert!(
        ask(&mut hanging, LONG.len(), SILENCE) < LONG.len(),
        "the wrong order hangs"
    );
    lab.enforce(&[]);
    let mut answered = lab.connect(SERVER, 80);
    assert_eq!(ask(&mut answered, LONG.len(), PATIENCE), LONG.len());
}

#[test]
fn what_others_loaded_stays_as_it_is() {
    let Some(lab) = Lab::new() else { return };
    lab.server.load(ADMIN);
    let before = lab.rules();
    lab.enforce(&[]);
    lab.enforce(&["--service-port", "8080"]);
    let with_ours = lab.rules();
    assert!(with_ours.contains("table inet ringmain"), "{with_ours}");
    assert!(with_ours.starts_with(&before), "{with_ours}");
    assert_eq!(lab.firewall(&["rollback"]).code, Some(0));
    assert!(
        !lab.rules().contains("8080"),
        "the table before the last one"
    );
    lab.server.run("nft delete table inet ringmain");
    assert_eq!(lab.rules(), before);
}

#[test]
fn a_replacement_keeps_open_connections() {
    let Some(lab) = Lab::new() else { return };
    lab.serve(80, SHORT);
    lab.serve(22, SHORT);
    lab.enforce(&[]);
    let mut service = lab.connect(SERVER, 80);
    let mut ssh = lab.connect(SERVER, 22);
    for round in 0..5 {
        lab.enforce(&[
            "--service-port",
            if round % 2 == 0 { "80" } else { "80,443" },
        ]);
        assert_eq!(
            ask(&mut service, SHORT.len(), PATIENCE),
            SHORT.len(),
            "service, round {round}"
        );
        assert_eq!(
            ask(&mut ssh, SHORT.len(), PATIENCE),
            SHORT.len(),
            "SSH, round {round}"
        );
    }
}

impl Lab {
    fn firewall_text(&self) -> String {
        let shown = Command::new(env!("CARGO_BIN_EXE_ringtune"))
            .args(["firewall", "show", "--ssh-from", FRIEND])
            .output();
        String::from_utf8(shown.expect("it runs").stdout).expect("text")
    }
}

/// How many connections the server's connection tracking knows.
fn tracked(lab: &Lab) -> u64 {
    let count = || fs::read_to_string("/proc/sys/net/netfilter/nf_conntrack_count");
    let count = lab.server.inside(count).expect("connection tracking");
    count.trim().parse().expect("a number")
}

/// How many packets the last rule counted.
fn dropped(lab: &Lab) -> u64 {
    let listed = lab.server.run("nft list chain inet ringmain input");
    let line = listed
        .lines()
        .find(|line| line.contains("comment \"dropped\""))
        .expect("the rule");
    let mut words = line
        .split_whitespace()
        .skip_while(|word| *word != "packets");
    words
        .nth(1)
        .and_then(|count| count.parse().ok())
        .expect("a count")
}
