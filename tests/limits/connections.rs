//! Connections of a shard: those beyond the limit wait in the kernel and are served later.

use std::time::Duration;

use super::limited;
use crate::harness::{Client, Driver, Site, for_both_drivers, request};

fn further_connections_wait_their_turn(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "connections_per_shard = 4");
    let mut first: Vec<Client> = (0..4).map(|_| Client::connect(&server)).collect();
    for client in &mut first {
        client.get("/hello.txt").expect_content("Hello, world!");
    }
    let mut later: Vec<Client> = (0..3).map(|_| Client::connect(&server)).collect();
    for client in &mut later {
        client.send(request("GET", "/hello.txt", &[]));
        assert!(client.is_silent_for(Duration::from_millis(100)));
    }
    // Those that are in are served as before.
    for client in &mut first {
        client.get("/hello.txt").expect_content("Hello, world!");
    }
    // Each one that leaves lets another one in, whichever that is.
    drop(first);
    for mut client in later {
        client.response().expect_content("Hello, world!");
        client.get("/hello.txt").expect_content("Hello, world!");
    }
}

fn the_limit_is_reached_again_and_again(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "connections_per_shard = 2");
    for _ in 0..8 {
        let mut clients: Vec<Client> = (0..6).map(|_| Client::connect(&server)).collect();
        for client in &mut clients {
            client.send(request("GET", "/hello.txt", &["Connection: close"]));
        }
        for mut client in clients {
            client.response().expect_content("Hello, world!");
        }
    }
}

fn many_connections_at_once_are_served(driver: Driver) {
    let site = Site::small();
    let server = limited(driver, &site, "idle_time = \"60s\"");
    let mut clients: Vec<Client> = (0..400).map(|_| Client::connect(&server)).collect();
    for _ in 0..2 {
        for client in &mut clients {
            client.send(request("GET", "/hello.txt", &[]));
        }
        for client in &mut clients {
            client.response().expect_content("Hello, world!");
        }
    }
}

for_both_drivers![
    further_connections_wait_their_turn,
    the_limit_is_reached_again_and_again,
    many_connections_at_once_are_served,
];
