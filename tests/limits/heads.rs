//! Bytes and fields of a head: the limit itself passes, one more does not.

use super::limited;
use crate::harness::{Client, Driver, Ending, Server, Site, for_both_drivers};

/// A head of exactly that many bytes.
fn head_of(bytes: usize) -> String {
    let head = "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nX: ";
    let end = "\r\n\r\n";
    let filler = "y".repeat(bytes - head.len() - end.len());
    format!("{head}{filler}{end}")
}

#[track_caller]
fn expect_refused(server: &Server, status: u16, bytes: &str) {
    let mut client = Client::connect(server);
    // The server may have heard enough before the end.
    let _ = client.try_send(bytes);
    let refused = client.response().expect_status(status);
    assert!(refused.says_close());
    assert_eq!(client.ending(), Ending::Closed);
}

fn a_head_above_the_limit_is_431(driver: Driver) {
    let site = Site::small();
    let server = limited(
        driver,
        &site,
        "header_bytes = \"1KiB\", request_line_bytes = \"512B\", uri_bytes = \"512B\"",
    );
    let mut client = Client::connect(&server);
    for _ in 0..2 {
        client.send(head_of(1024));
        client.response().expect_content("Hello, world!");
    }
    expect_refused(&server, 431, &head_of(1025));
    expect_refused(&server, 431, &head_of(10_000));
    // It need not end to be too long.
    let endless = head_of(2000);
    expect_refused(&server, 431, endless.trim_end());
    // A head in pieces has the same limit as one that is whole.
    let mut pieces = Client::connect(&server);
    pieces.send_byte_by_byte(head_of(1024).as_bytes());
    pieces.response().expect_content("Hello, world!");
}

fn by_default_a_head_has_16_kib(driver: Driver) {
    let site = Site::small();
    let server = Server::serve(driver, &site, &[]);
    let mut client = Client::connect(&server);
    client.send(head_of(16 * 1024));
    client.response().expect_content("Hello, world!");
    // Behind another request, so that it cannot lie in one receive buffer.
    client.send(head_of(100) + &head_of(16 * 1024));
    client.response().expect_content("Hello, world!");
    client.response().expect_content("Hello, world!");
    expect_refused(&server, 431, &head_of(16 * 1024 + 1));
}

fn a_head_may_be_larger_than_a_receive_buffer(driver: Driver) {
    let site = Site::small();
    let server = limited(
        driver,
        &site,
        "header_bytes = \"200KiB\", connection_bytes = \"1MiB\"",
    );
    let mut client = Client::connect(&server);
    for bytes in [20_000, 70_000, 200 * 1024] {
        client.send(head_of(bytes));
        client.response().expect_content("Hello, world!");
    }
    expect_refused(&server, 431, &head_of(200 * 1024 + 1));
}

fn fields_above_the_limit_are_431(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "header_fields = 3");
    let with = |fields: usize| {
        let lines = "X: y\r\n".repeat(fields - 1);
        format!("GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n")
    };
    let mut client = Client::connect(&server);
    client.send(with(3));
    client.response().expect_content("Hello, world!");
    expect_refused(&server, 431, &with(4));
    expect_refused(&server, 431, &with(50));
}

fn a_line_above_the_limit_is_414(driver: Driver) {
    let site = Site::small();
    let server = limited(
        driver,
        &site,
        "request_line_bytes = \"300B\", uri_bytes = \"300B\"",
    );
    let line = |bytes: usize| {
        let filler = "q".repeat(bytes - "GET /hello.txt? HTTP/1.1".len());
        format!("GET /hello.txt?{filler} HTTP/1.1\r\nHost: localhost\r\n\r\n")
    };
    let mut client = Client::connect(&server);
    client.send(line(300));
    client.response().expect_content("Hello, world!");
    expect_refused(&server, 414, &line(301));
    // It need not end to be too long.
    expect_refused(&server, 414, &"A".repeat(2000));
}

for_both_drivers![
    a_head_above_the_limit_is_431,
    by_default_a_head_has_16_kib,
    a_head_may_be_larger_than_a_receive_buffer,
    fields_above_the_limit_are_431,
    a_line_above_the_limit_is_414,
];
