//! Content that nobody asked for: read where it is short and quick, else the connection ends.

use std::time::{Duration, Instant};

use super::limited;
use crate::harness::{Client, Driver, Ending, Server, Site, for_both_drivers, request};

fn content_that_stops_ends_the_connection(driver: Driver) {
    let site = Site::small();
    let server = limited(
        driver,
        &site,
        "header_time = \"300ms\", body_rate = \"1KiB/s\"",
    );
    for lines in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
        let mut client = Client::connect(&server);
        let began = Instant::now();
        client.send(request("POST", "/hello.txt", &[lines]));
        client.send("5\r\nab");
        let answer = client.response().expect_status(405);
        assert!(answer.says_close());
        assert_eq!(client.ending(), Ending::Closed);
        let took = began.elapsed();
        assert!(
            took >= Duration::from_millis(250),
            "{lines}: after {took:?}"
        );
        assert!(took < Duration::from_secs(5), "{lines}: after {took:?}");
    }
}

fn content_below_the_rate_ends_the_connection(driver: Driver) {
    let site = Site::small();
    let server = limited(
        driver,
        &site,
        "header_time = \"200ms\", body_rate = \"1KiB/s\"",
    );
    let mut client = Client::connect(&server);
    let began = Instant::now();
    client.send(request("POST", "/hello.txt", &["Content-Length: 1000"]));
    // 50 bytes a second.
    while client.is_silent_for(Duration::from_millis(20)) {
        assert!(began.elapsed() < Duration::from_secs(5), "never cut");
        let _ = client.try_send("x");
    }
    assert!(client.response().expect_status(405).says_close());
}

fn content_above_the_rate_is_read_to_its_end(driver: Driver) {
    let site = Site::small();
    let server = limited(
        driver,
        &site,
        "header_time = \"200ms\", body_rate = \"1KiB/s\"",
    );
    let mut client = Client::connect(&server);
    client.send(request("POST", "/hello.txt", &["Content-Length: 5000"]));
    // 10,000 bytes a second, for longer than a head may take.
    for _ in 0..10 {
        client.send("x".repeat(500));
        if !client.is_silent_for(Duration::from_millis(40)) {
            break;
        }
    }
    assert!(!client.response().expect_status(405).says_close());
    client.get("/hello.txt").expect_content("Hello, world!");
}

fn large_content_is_not_read_to_keep_a_connection(driver: Driver) {
    let site = Site::small();
    let server = Server::serve(driver, &site, &[]);
    let mut client = Client::connect(&server);
    client.send(request("POST", "/hello.txt", &["Content-Length: 9000000"]));
    // The answer comes without any of it.
    let answer = client.response().expect_status(405);
    assert!(answer.says_close());
    // Who sends on is not believed for ever.
    let began = Instant::now();
    while client.try_send(vec![b'x'; 64 * 1024]).is_ok() {
        assert!(
            began.elapsed() < Duration::from_secs(15),
            "read without end"
        );
    }
}

fn endless_chunks_are_cut(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "body_bytes = \"1MiB\"");
    let mut client = Client::connect(&server);
    client.send(request(
        "POST",
        "/hello.txt",
        &["Transfer-Encoding: chunked"],
    ));
    let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
    let began = Instant::now();
    while client.try_send(&chunk).is_ok() {
        assert!(
            began.elapsed() < Duration::from_secs(15),
            "read without end"
        );
    }
    server.get("/hello.txt").expect_content("Hello, world!");
}

for_both_drivers![
    content_that_stops_ends_the_connection,
    content_below_the_rate_ends_the_connection,
    content_above_the_rate_is_read_to_its_end,
    large_content_is_not_read_to_keep_a_connection,
    endless_chunks_are_cut,
];
