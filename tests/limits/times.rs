//! Slow heads (slowloris) and idle connections.

use std::time::{Duration, Instant};

use super::limited;
use crate::harness::{Client, DEADLINE, Driver, Ending, Site, for_both_drivers, request};

const LIMIT: Duration = Duration::from_millis(400);
/// Timers may be a little early on a wheel, and late on a busy machine.
const EARLIEST: Duration = Duration::from_millis(350);
const LATEST: Duration = Duration::from_secs(5);

#[track_caller]
fn expect_in_time(began: Instant) {
    let took = began.elapsed();
    assert!(took >= EARLIEST && took < LATEST, "after {took:?}");
}

fn a_head_that_stops_is_408(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "header_time = \"400ms\"");
    for piece in [
        "G",
        "GET /hello.txt HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n",
    ] {
        let mut client = Client::connect(&server);
        let began = Instant::now();
        client.send(piece);
        let late = client.response().expect_status(408);
        expect_in_time(began);
        assert!(late.says_close());
        assert_eq!(client.ending(), Ending::Closed);
    }
}

fn a_head_that_trickles_gains_no_time(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "header_time = \"400ms\"");
    let mut slow: Vec<Client> = (0..20).map(|_| Client::connect(&server)).collect();
    let mut other = Client::connect(&server);
    let began = Instant::now();
    for client in &mut slow {
        client.send("GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nX: ");
    }
    while began.elapsed() < LIMIT * 3 / 2 {
        for client in &mut slow {
            // Those that are cut already do not take it any more.
            let _ = client.try_send("y");
        }
        // The others are served as if nothing were.
        let asked = Instant::now();
        other.get("/hello.txt").expect_content("Hello, world!");
        assert!(asked.elapsed() < LATEST);
        assert!(other.is_silent_for(Duration::from_millis(20)));
    }
    for client in &mut slow {
        client.response().expect_status(408);
    }
    expect_in_time(began);
}

fn a_later_head_has_the_same_time(driver: Driver) {
    let site = Site::small();
    let server = limited(
        driver,
        &site,
        "header_time = \"400ms\", idle_time = \"20s\"",
    );
    let mut client = Client::connect(&server);
    client.get("/hello.txt").expect_status(200);
    // Longer than the limit: between requests it is another one that counts.
    assert!(client.is_silent_for(LIMIT * 3 / 2));
    let began = Instant::now();
    client.send("GET /hello.txt HT");
    client.response().expect_status(408);
    expect_in_time(began);
    assert_eq!(client.ending(), Ending::Closed);
}

fn who_never_speaks_is_closed_in_silence(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "header_time = \"400ms\"");
    let mut client = Client::connect(&server);
    let began = Instant::now();
    assert_eq!(client.ending(), Ending::Closed);
    expect_in_time(began);
}

fn an_idle_connection_is_closed_in_silence(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "idle_time = \"400ms\"");
    let mut idle = Client::connect(&server);
    let mut busy = Client::connect(&server);
    idle.get("/hello.txt").expect_status(200);
    let began = Instant::now();
    while began.elapsed() < LIMIT * 2 {
        busy.get("/hello.txt").expect_status(200);
        assert!(busy.is_silent_for(Duration::from_millis(50)));
    }
    assert_eq!(idle.ending(), Ending::Closed);
    busy.get("/hello.txt").expect_status(200);
    let began = Instant::now();
    assert_eq!(busy.ending(), Ending::Closed);
    expect_in_time(began);
}

fn by_default_idle_connections_live_65_seconds(driver: Driver) {
    let site = Site::small();
    let file =
        crate::harness::Server::write_config(driver, &site, "[[route]]\nfiles = \"public\"\n");
    let mut command = crate::harness::ringmain();
    let checked = crate::harness::run_to_end(command.arg("check").arg("-c").arg(file));
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let text = String::from_utf8(checked.stdout).expect("UTF-8");
    for default in [
        "idle_time = \"65s\"",
        "header_time = \"10s\"",
        "write_stall = \"10s\"",
    ] {
        assert!(text.contains(default), "{default}: {text}");
    }
}

fn a_long_keep_alive_is_kept(driver: Driver) {
    let site = Site::small();
    let server = limited(
        driver,
        &site,
        "header_time = \"100ms\", idle_time = \"20s\"",
    );
    let mut client = Client::connect(&server);
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(500) {
        client.send(request("GET", "/hello.txt", &[]));
        client.response().expect_status(200);
        assert!(client.is_silent_for(Duration::from_millis(120)));
        assert!(began.elapsed() < DEADLINE);
    }
}

for_both_drivers![
    a_head_that_stops_is_408,
    a_head_that_trickles_gains_no_time,
    a_later_head_has_the_same_time,
    who_never_speaks_is_closed_in_silence,
    an_idle_connection_is_closed_in_silence,
    by_default_idle_connections_live_65_seconds,
    a_long_keep_alive_is_kept,
];
