//! Clients that do not read what they asked for.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::harness::{
    Client, Driver, Server, Site, for_both_drivers, pattern, request, wait_until,
};

const SIZE: usize = 16 * 1024 * 1024;

/// A client for which the kernel takes about that many bytes.
fn narrow_client(server: &Server, bytes: usize) -> Client {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(bytes).expect("SO_RCVBUF");
    socket.connect(&server.address().into()).expect("connect");
    Client::over_tcp(TcpStream::from(socket))
}

/// A server that cuts a stalled client after that time, and writes a log.
fn impatient(driver: Driver, site: &Site, write_stall: &str) -> Server {
    let log = site.beside("access.log");
    Server::run(
        driver,
        site,
        &format!(
            "log = \"{}\"\nlimits = {{ write_stall = \"{write_stall}\" }}\n[[route]]\nfiles = \"public\"\n",
            log.display()
        ),
    )
}

fn logged(site: &Site, what: &str) -> bool {
    let log = std::fs::read_to_string(site.beside("access.log")).unwrap_or_default();
    log.contains(what)
}

fn who_takes_nothing_is_cut(driver: Driver) {
    let site = Site::small().with("large.bin", pattern(SIZE));
    let server = impatient(driver, &site, "300ms");
    let mut stalled = narrow_client(&server, 16 * 1024);
    stalled.send(request("GET", "/large.bin", &[]));
    let mut other = Client::connect(&server);
    let began = Instant::now();
    // The request is over when it is logged.
    wait_until("the stalled client is cut", || {
        other.get("/hello.txt").expect_content("Hello, world!");
        logged(&site, "/large.bin")
    });
    assert!(
        began.elapsed() >= Duration::from_millis(250),
        "{:?}",
        began.elapsed()
    );
    let (received, _ending) = stalled.read_to_ending();
    assert!(received.len() < SIZE, "all of it was sent");
    assert!(received.starts_with(b"HTTP/1.1 200"));
}

fn who_reads_slowly_is_served(driver: Driver) {
    let site = Site::small().with("large.bin", pattern(SIZE));
    let server = impatient(driver, &site, "600ms");
    let mut slow = narrow_client(&server, 256 * 1024);
    slow.send(request("GET", "/large.bin", &["Connection: close"]));
    let mut received = 0;
    let began = Instant::now();
    // Twice the limit in sips, then the rest in one go. Fast enough that the socket's buffer,
    // which is some megabytes and asks for more when a third of it is free, moves in that time.
    while began.elapsed() < Duration::from_millis(1200) {
        received += slow.read_some(60_000).expect("bytes");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!logged(&site, "/large.bin"), "over after {received} bytes");
    let (rest, _ending) = slow.read_to_ending();
    assert!(received + rest.len() > SIZE, "{received} + {}", rest.len());
    assert!(pattern(SIZE).ends_with(&rest));
}

fn who_takes_no_small_responses_is_cut_too(driver: Driver) {
    let site = Site::small().with("small.bin", pattern(30_000));
    let server = impatient(driver, &site, "300ms");
    let mut stalled = narrow_client(&server, 16 * 1024);
    stalled.send(request("GET", "/small.bin", &[]).repeat(900));
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(800) {
        server.get("/hello.txt").expect_content("Hello, world!");
    }
    let (received, _ending) = stalled.read_to_ending();
    assert!(received.len() < 900 * 30_000, "all of it was sent");
}

for_both_drivers![
    who_takes_nothing_is_cut,
    who_reads_slowly_is_served,
    who_takes_no_small_responses_is_cut_too,
];
