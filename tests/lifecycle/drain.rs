//! The stages of a stop: what is open may finish, for a while, then it is cut.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::{Client, Driver, Ending, Server, Site, for_both_drivers, pattern, request};

/// More than all socket buffers take, so that a response is under way as long as we want.
const SIZE: usize = 24 * 1024 * 1024;

/// A client in the middle of a download.
fn begin_download(server: &Server) -> Client {
    let mut client = Client::connect(server);
    client.send(request("GET", "/large.bin", &[]));
    client.read_some(1).expect("a beginning");
    client
}

fn a_download_is_finished(driver: Driver) {
    let content = pattern(SIZE);
    let site = Site::new().with("large.bin", &content);
    let server = Server::serve(driver, &site, &[]);
    let mut client = begin_download(&server);
    server.signal(Signal::TERM);
    server.wait_until_closed();
    let (rest, ending) = client.read_to_ending();
    assert!(rest.ends_with(&content), "{} bytes", rest.len());
    assert_eq!(ending, Ending::Closed);
    drop(client);
    let (status, took) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(
        took < Duration::from_secs(3),
        "{took:?} after the last byte"
    );
}

fn a_request_that_has_begun_is_answered(driver: Driver) {
    let site = Site::small();
    let server = Server::serve(driver, &site, &[]);
    let mut begun = Client::connect(&server);
    begun.send("GET /hello.txt HTTP/1.1\r\nHo");
    let mut kept = Client::connect(&server);
    kept.get("/hello.txt").expect_status(200);
    let mut fresh = Client::connect(&server);
    server.signal(Signal::TERM);
    // What was on its way is answered, and is the last of its connection, whether it was read
    // before or after the signal.
    begun.send("st: localhost\r\n\r\n");
    kept.send(request("GET", "/hello.txt", &[]));
    fresh.send(request("GET", "/hello.txt", &[]));
    for mut client in [begun, kept, fresh] {
        client.response().expect_content("Hello, world!");
        assert_eq!(client.ending(), Ending::Closed);
    }
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
}

fn responses_of_a_drain_say_close(driver: Driver) {
    let site = Site::small();
    let server = Server::serve(driver, &site, &[]);
    let mut client = Client::connect(&server);
    client.get("/hello.txt").expect_status(200);
    let mut held = begin_request(&server);
    server.signal(Signal::TERM);
    server.wait_until_closed();
    held.send("X: y\r\n\r\n");
    assert!(held.response().says_close());
    drop((client, held));
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
}

fn begin_request(server: &Server) -> Client {
    let mut client = Client::connect(server);
    client.get("/hello.txt").expect_status(200);
    client.send("GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n");
    client
}

fn idle_connections_hold_nothing_up(driver: Driver) {
    let site = Site::small();
    let server = Server::serve(driver, &site, &[]);
    let mut idle: Vec<Client> = (0..50).map(|_| Client::connect(&server)).collect();
    for client in &mut idle[..25] {
        client.get("/hello.txt").expect_status(200);
    }
    let began = Instant::now();
    server.signal(Signal::TERM);
    for mut client in idle {
        assert_eq!(client.ending(), Ending::Closed);
    }
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    let took = began.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
}

fn what_does_not_finish_is_cut(driver: Driver) {
    let site = Site::new();
    let file = std::fs::File::create(site.path("large.bin")).expect("a file");
    file.set_len(256 * 1024 * 1024).expect("a sparse file");
    let server = Server::run(
        driver,
        &site,
        "limits = { drain_accept = \"200ms\", drain_finish = \"500ms\", drain_cut = \"500ms\" }\n\
         [[route]]\nfiles = \"public\"\n",
    );
    let mut stalled = begin_download(&server);
    let mut half = Client::connect(&server);
    half.send("GET / HT");
    let began = Instant::now();
    server.signal(Signal::TERM);
    let (status, _) = server.wait();
    let took = began.elapsed();
    assert_eq!(status.code(), Some(0));
    assert!(
        took >= Duration::from_millis(450),
        "{took:?}: not even tried"
    );
    assert!(took < Duration::from_secs(4), "{took:?}");
    let (rest, _ending) = stalled.read_to_ending();
    assert!(rest.len() < 256 * 1024 * 1024, "all of it was sent");
    let (rest, _ending) = half.read_to_ending();
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
}

fn nobody_is_accepted_after_a_drain(driver: Driver) {
    let content = pattern(SIZE);
    let site = Site::new().with("large.bin", &content);
    let server = Server::serve(driver, &site, &[]);
    let client = begin_download(&server);
    server.signal(Signal::TERM);
    server.wait_until_closed();
    for _ in 0..10 {
        assert!(TcpStream::connect(server.address()).is_err());
    }
    drop(client);
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
}

for_both_drivers![
    a_download_is_finished,
    a_request_that_has_begun_is_answered,
    responses_of_a_drain_say_close,
    idle_connections_hold_nothing_up,
    what_does_not_finish_is_cut,
    nobody_is_accepted_after_a_drain,
];
