//! RFC 9110 §10.1.1: Expect.

use super::{answer, expect_refused, small_server};
use crate::harness::{Client, Driver, Ending, for_both_drivers, request};

/// RFC 9110 §10.1.1: "A server that receives an Expect field value containing a member other than
/// 100-continue MAY respond with a 417 (Expectation Failed) status code to indicate that the
/// unexpected expectation cannot be met."
fn other_expectations_are_417(driver: Driver) {
    let (_site, server) = small_server(driver);
    for value in ["200-ok", "100-continue, x", "100-continue=1"] {
        let request =
            format!("GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nExpect: {value}\r\n\r\n");
        expect_refused(&server, 417, &request);
    }
}

/// RFC 9110 §10.1.1: "The origin server MUST NOT wait for the content before sending the 100
/// (Continue) response." Nobody here wants content, so the final status comes at once.
fn an_expectation_is_answered_before_the_content_comes(driver: Driver) {
    let (_site, server) = small_server(driver);
    for (method, status) in [("POST", 405), ("GET", 200)] {
        let mut client = Client::connect(&server);
        let lines = ["Expect: 100-continue", "Content-Length: 1000"];
        client.send(request(method, "/hello.txt", &lines));
        let mut answer = client.response();
        if answer.status == 100 {
            client.send(vec![b'x'; 1000]);
            answer = client.response();
        }
        assert_eq!(answer.status, status, "{}", answer.summary());
        if answer.says_close() {
            assert_eq!(client.ending(), Ending::Closed);
        }
    }
}

/// RFC 9110 §10.1.1: "A server MAY omit sending a 100 (Continue) response if it has already
/// received some or all of the content for the corresponding request, or if the framing indicates
/// that there is no content."
fn without_content_there_is_nothing_to_wait_for(driver: Driver) {
    let (_site, server) = small_server(driver);
    answer(
        &server,
        request("GET", "/hello.txt", &["Expect: 100-continue"]),
    )
    .expect_content("Hello, world!");
}

/// RFC 9110 §10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0 request
/// MUST ignore that expectation."
fn http_1_0_expects_nothing(driver: Driver) {
    let (_site, server) = small_server(driver);
    answer(
        &server,
        "GET /hello.txt HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    )
    .expect_content("Hello, world!");
}

for_both_drivers![
    other_expectations_are_417,
    an_expectation_is_answered_before_the_content_comes,
    without_content_there_is_nothing_to_wait_for,
    http_1_0_expects_nothing,
];
