//! The access log: one line of JSON per request, whatever the client sent and whoever reads it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Stdio;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::process::Signal;
use serde_json::Value;

use crate::harness::{
    Client, Driver, Ending, Server, Site, for_both_drivers, pattern, request, ringmain, wait_until,
};

fn logged_to(driver: Driver, site: &Site, log: &str) -> Server {
    Server::serve(driver, site, &["--log", log])
}

/// The file's lines once there are that many, each of them JSON.
#[track_caller]
fn lines(path: &std::path::Path, count: usize) -> Vec<Value> {
    let read = || fs::read_to_string(path).unwrap_or_default();
    wait_until("all lines are written", || read().lines().count() >= count);
    let lines: Vec<Value> = read()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert_eq!(lines.len(), count, "{lines:#?}");
    lines
}

fn each_request_is_a_line_with_all_fields(driver: Driver) {
    let site = Site::small().with("large.bin", pattern(200_000));
    let log = site.beside("access.log");
    let server = logged_to(driver, &site, &log.display().to_string());
    let mut client = Client::connect(&server);
    client.get("/hello.txt?secret=1").expect_status(200);
    client.head_with("/hello.txt", &[]).expect_status(200);
    client.get("/large.bin").expect_status(200);
    client
        .get_with("/large.bin", &["Range: bytes=0-99"])
        .expect_status(206);
    client.get("/missing").expect_status(404);
    client.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.response().expect_status(204);
    client.send("POST /hello.txt HTTP/1.0\r\n\r\n");
    client.response().expect_status(405);
    let lines = lines(&log, 7);
    let expected = [
        ("GET", "/hello.txt", 200, Some(13), "HTTP/1.1"),
        ("HEAD", "/hello.txt", 200, Some(0), "HTTP/1.1"),
        ("GET", "/large.bin", 200, Some(200_000), "HTTP/1.1"),
        ("GET", "/large.bin", 206, Some(100), "HTTP/1.1"),
        ("GET", "/missing", 404, None, "HTTP/1.1"),
        ("OPTIONS", "*", 204, Some(0), "HTTP/1.1"),
        ("POST", "/hello.txt", 405, None, "HTTP/1.0"),
    ];
    for (line, (method, path, status, bytes, protocol)) in lines.iter().zip(expected) {
        assert_eq!(line["method"], method, "{line}");
        assert_eq!(line["path"], path, "{line}");
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["protocol"], protocol, "{line}");
        if let Some(bytes) = bytes {
            assert_eq!(line["bytes"], bytes, "{line}");
        }
        assert!(
            line["duration_us"]
                .as_u64()
                .is_some_and(|us| us < 20_000_000),
            "{line}"
        );
        let peer = line["peer"].as_str().expect("a peer");
        assert!(peer.starts_with("127.0.0.1:"), "{line}");
        let time = line["time"].as_str().expect("a time");
        assert!(
            time.ends_with('Z') && time.contains('T') && time.len() >= 20,
            "{line}"
        );
        assert_eq!(line.as_object().expect("an object").len(), 9, "{line}");
    }
    let ids: HashSet<&str> = lines
        .iter()
        .filter_map(|line| line["id"].as_str())
        .collect();
    assert_eq!(ids.len(), lines.len());
    // The query can hold secrets.
    assert!(
        !fs::read_to_string(&log)
            .expect("the log")
            .contains("secret")
    );
}

fn what_is_refused_is_logged_too(driver: Driver) {
    let site = Site::small();
    let log = site.beside("access.log");
    let server = logged_to(driver, &site, &log.display().to_string());
    for broken in [
        "GET / HTTP/1.1\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET / HTTP/3.0\r\nHost: x\r\n\r\n",
    ] {
        let mut client = Client::connect(&server);
        client.send(broken);
        assert!(client.response().says_close());
        assert_eq!(client.ending(), Ending::Closed);
    }
    let lines = lines(&log, 3);
    let statuses: Vec<u64> = lines
        .iter()
        .filter_map(|line| line["status"].as_u64())
        .collect();
    assert_eq!(statuses, [400, 400, 505]);
    assert!(
        lines
            .iter()
            .all(|line| line["peer"].as_str().is_some_and(|peer| peer.contains(':')))
    );
}

fn whatever_the_path_is_the_line_is_json(driver: Driver) {
    let site = Site::small();
    let log = site.beside("access.log");
    let server = logged_to(driver, &site, &log.display().to_string());
    let paths: [&[u8]; 8] = [
        b"/\"quoted\"",
        b"/back\\slash",
        b"/{\"a\":[1]}",
        b"/%22,%0a%00",
        "/ünï-☃-\u{2028}".as_bytes(),
        b"/latin-\xe9\xff",
        b"/half-\xe2\x98",
        b"/</script>",
    ];
    for path in paths {
        let mut client = Client::connect(&server);
        client.send([b"GET ", path, b" HTTP/1.1\r\nHost: localhost\r\n\r\n"].concat());
        assert!(client.response().status >= 400);
    }
    let mut client = Client::connect(&server);
    client.send("!#$%&'*+-.^_`|~ / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.response().expect_status(501);
    let lines = lines(&log, paths.len() + 1);
    assert_eq!(lines[0]["path"], "/\"quoted\"");
    assert_eq!(lines[8]["method"], "!#$%&'*+-.^_`|~");
}

fn standard_output_is_a_log_too(driver: Driver) {
    let site = Site::small();
    let mut command = ringmain();
    command
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--shards",
            "1",
            "--log",
            "stdout",
        ])
        .args(["--io", driver.flag()])
        .arg(site.root())
        .stdout(Stdio::piped());
    let mut server = Server::start(&mut command, 1);
    let mut stdout = server.take_stdout();
    for _ in 0..20 {
        server.get("/hello.txt").expect_status(200);
    }
    server.signal(Signal::TERM);
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    // What was queued at the end is written before the program ends.
    let mut text = String::new();
    stdout.read_to_string(&mut text).expect("the log");
    assert_eq!(text.lines().count(), 20);
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["path"], "/hello.txt");
    }
}

fn nothing_is_logged_where_nothing_is_asked_for(driver: Driver) {
    let site = Site::small();
    let mut command = ringmain();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--io", driver.flag()])
        .arg(site.root())
        .stdout(Stdio::piped());
    let mut server = Server::start(&mut command, 1);
    let mut stdout = server.take_stdout();
    server.get("/hello.txt").expect_status(200);
    server.signal(Signal::TERM);
    server.wait();
    let mut text = String::new();
    stdout.read_to_string(&mut text).expect("standard output");
    assert_eq!(text, "");
}

fn usr1_reopens_the_file(driver: Driver) {
    let site = Site::small();
    let log = site.beside("access.log");
    let old = site.beside("access.log.1");
    let server = logged_to(driver, &site, &log.display().to_string());
    server.get("/hello.txt?before").expect_status(200);
    lines(&log, 1);
    fs::rename(&log, &old).expect("rename");
    server.get("/hello.txt").expect_status(200);
    lines(&old, 2);
    server.signal(Signal::USR1);
    wait_until("the file is made anew", || log.exists());
    server.get("/index.html").expect_status(200);
    assert_eq!(lines(&log, 1)[0]["path"], "/index.html");
    assert_eq!(lines(&old, 2)[1]["path"], "/hello.txt");
}

fn a_reader_that_stalls_costs_lines_and_nothing_else(driver: Driver) {
    const REQUESTS: usize = 3000;
    let site = Site::small();
    let fifo = site.beside("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::from(0o644), 0).expect("mkfifo");
    // Open on both sides, so that nobody waits for the other to open; nobody reads.
    let reader = File::options()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NONBLOCK.bits() as i32)
        .open(&fifo)
        .expect("the pipe");
    let server = logged_to(driver, &site, &fifo.display().to_string());
    // Lines of 2 KB: more than the pipe and the buffer of a shard take.
    let path = format!("/{}", "missing/".repeat(250));
    let asked = request("GET", &path, &[]);
    for _ in 0..REQUESTS / 100 {
        let mut client = Client::connect(&server);
        client.send(asked.repeat(100));
        for _ in 0..100 {
            client.response().expect_status(404);
        }
    }
    server.get("/hello.txt").expect_content("Hello, world!");
    // Now somebody reads again: what is missing is told.
    let (mut written, mut dropped) = (0, 0);
    let mut held = Vec::new();
    wait_until("every request is written or counted", || {
        let mut space = vec![0; 64 * 1024];
        match (&reader).read(&mut space) {
            Ok(bytes) => held.extend_from_slice(&space[..bytes]),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
        }
        while let Some(end) = held.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = held.drain(..=end).collect();
            let line: Value = serde_json::from_slice(&line).expect("JSON");
            match line["dropped"].as_u64() {
                Some(count) => dropped += count as usize,
                None => written += 1,
            }
        }
        written + dropped == REQUESTS + 1
    });
    assert!(
        written > 100 && dropped > 100,
        "{written} written, {dropped} dropped"
    );
}

for_both_drivers![
    each_request_is_a_line_with_all_fields,
    what_is_refused_is_logged_too,
    whatever_the_path_is_the_line_is_json,
    standard_output_is_a_log_too,
    nothing_is_logged_where_nothing_is_asked_for,
    usr1_reopens_the_file,
    a_reader_that_stalls_costs_lines_and_nothing_else,
];
