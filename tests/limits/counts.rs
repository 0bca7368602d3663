//! Requests per connection: exactly as many as allowed, the last one says so.

use super::limited;
use crate::harness::{Client, Driver, Ending, Server, Site, for_both_drivers, request};

#[track_caller]
fn expect_exactly(server: &Server, most: usize) {
    let mut client = Client::connect(server);
    for number in 1..=most {
        let answer = client.get("/hello.txt");
        assert_eq!(
            answer.says_close(),
            number == most,
            "request {number} of {most}"
        );
    }
    assert_eq!(client.ending(), Ending::Closed);
}

fn the_last_request_says_close(driver: Driver) {
    let site = Site::small();
    for most in [1, 2, 7] {
        let limits = format!("requests_per_connection = {most}");
        expect_exactly(&limited(driver, &site, &limits), most);
    }
}

fn by_default_it_is_the_thousandth(driver: Driver) {
    let site = Site::small();
    expect_exactly(&Server::serve(driver, &site, &[]), 1000);
}

fn pipelined_requests_count_like_others(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "requests_per_connection = 5");
    let mut client = Client::connect(&server);
    client.send(request("GET", "/hello.txt", &[]).repeat(20));
    for number in 1..=5 {
        assert_eq!(client.response().says_close(), number == 5);
    }
    // The rest is not answered, and costs the client nothing that it was promised.
    assert_eq!(client.ending(), Ending::Closed);
}

fn requests_that_fail_count_like_others(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "requests_per_connection = 3");
    let mut client = Client::connect(&server);
    client.get("/missing").expect_status(404);
    client.send(request("POST", "/hello.txt", &["Content-Length: 3"]));
    client.send("abc");
    client.response().expect_status(405);
    assert!(client.get("/hello.txt").says_close());
    assert_eq!(client.ending(), Ending::Closed);
}

fn zero_is_without_end(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "requests_per_connection = 0");
    let mut client = Client::connect(&server);
    for _ in 0..15 {
        client.send(request("GET", "/hello.txt", &[]).repeat(100));
        for _ in 0..100 {
            assert!(!client.response().says_close());
        }
    }
}

for_both_drivers![
    the_last_request_says_close,
    by_default_it_is_the_thousandth,
    pipelined_requests_count_like_others,
    requests_that_fail_count_like_others,
    zero_is_without_end,
];
