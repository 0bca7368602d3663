//! Many requests at once and a client that does not read: memory stays bounded, order is kept.

use crate::harness::{Client, Driver, Site, for_both_drivers, pattern, request, wait_until};

use super::limited;

const FILES: usize = 10;
const REQUESTS: usize = 1000;

fn content(number: usize) -> Vec<u8> {
    pattern(25_000 + number)
}

fn a_thousand_requests_in_one_write_take_no_memory(driver: Driver) {
    let site = Site::new();
    for number in 0..FILES {
        site.write(format!("{number}.bin"), content(number));
    }
    let server = limited(
        driver,
        &site,
        "requests_per_connection = 0, write_stall = \"60s\"",
    );
    let mut client = Client::connect(&server);
    for number in 0..FILES {
        client
            .get(&format!("/{number}.bin"))
            .expect_content(content(number));
    }
    let before = server.resident_kib();
    let requests: Vec<u8> = (0..REQUESTS)
        .flat_map(|at| request("GET", &format!("/{}.bin", at % FILES), &[]))
        .collect();
    client.send(&requests);
    // Until it stands still: the sockets are full and nobody reads. All answers are 25 MB.
    let mut last = 0;
    let mut still = 0;
    let mut most = 0;
    wait_until("the server waits for its client", || {
        let now = server.resident_kib();
        most = most.max(now);
        still = if now == last { still + 1 } else { 0 };
        last = now;
        still == 50
    });
    assert!(most < before + 4096, "{before} KiB, then {most} KiB");
    for at in 0..REQUESTS {
        client.response().expect_content(content(at % FILES));
    }
}

fn slow_and_fast_answers_keep_their_order(driver: Driver) {
    // From memory, from the page cache, cold, missing, refused: each takes its own way.
    let site = Site::small().with("large.bin", pattern(200_000));
    let server = limited(driver, &site, "requests_per_connection = 0");
    let mut client = Client::connect(&server);
    let targets = [
        "/hello.txt",
        "/large.bin",
        "/missing",
        "/hello.txt",
        "/%00",
        "/",
    ];
    for round in 0..30 {
        let cold = format!("cold-{round}.txt");
        site.write(&cold, &cold);
        let mut requests = request("GET", &format!("/{cold}"), &[]);
        for target in targets {
            requests.extend(request("GET", target, &[]));
        }
        client.send(&requests);
        client.response().expect_content(&cold);
        client.response().expect_content("Hello, world!");
        client.response().expect_content(pattern(200_000));
        client.response().expect_status(404);
        client.response().expect_content("Hello, world!");
        client.response().expect_status(400);
        client.response().expect_status(200);
    }
}

for_both_drivers![
    a_thousand_requests_in_one_write_take_no_memory,
    slow_and_fast_answers_keep_their_order,
];
