//! Many requests at once and a client that does not read: memory stays bounded, order is kept.

use crate::harness::{Client, Driver, Site, for_both_drivers, pattern, request, wait_until};

use super::limited;

const FILES: usize = 10;
const REQUESTS: usize = 1000;
const CLIENTS: usize = 16;
/// What a connection may take, by default.
const CONNECTION_KIB: u64 = 256;
/// What the allocator takes for itself, however many connections there are: a span of pages for
/// each class of sizes.
const ALLOCATOR_KIB: u64 = 6 * 1024;

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
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::connect(&server)).collect();
    for number in 0..FILES {
        let path = format!("/{number}.bin");
        clients[0].get(&path).expect_content(content(number));
    }
    let before = server.resident_kib();
    let requests: Vec<u8> = (0..REQUESTS)
        .flat_map(|at| request("GET", &format!("/{}.bin", at % FILES), &[]))
        .collect();
    for client in &mut clients {
        client.send(&requests);
    }
    // Until it stands still: the sockets are full and nobody reads.
    let mut last = 0;
    let mut still = 0;
    let mut most = 0;
    wait_until("the server waits for its clients", || {
        let now = server.resident_kib();
        most = most.max(now);
        still = if now == last { still + 1 } else { 0 };
        last = now;
        still == 50
    });
    // All answers are 400 MB.
    let bound = before + CLIENTS as u64 * CONNECTION_KIB + ALLOCATOR_KIB;
    assert!(
        most <= bound,
        "{before} KiB, then {most} KiB, above {bound} KiB"
    );
    let mut client = clients.swap_remove(0);
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
