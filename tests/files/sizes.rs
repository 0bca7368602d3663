//! Exact bytes at every size where the way that they take changes.

use crate::harness::{Client, Driver, Server, Site, for_both_drivers, pattern};

const KIB: usize = 1024;

fn every_byte_arrives_at_every_size(driver: Driver) {
    let mut sizes = vec![1, 5 * KIB * KIB];
    for edge in [8 * KIB, 32 * KIB, 64 * KIB, 512 * KIB, KIB * KIB] {
        sizes.extend([edge - 1, edge, edge + 1]);
    }
    let site = Site::new();
    for size in &sizes {
        site.write(format!("{size}.bin"), pattern(*size));
    }
    let server = Server::serve(driver, &site, &[]);
    let mut kept = Client::connect(&server);
    for size in &sizes {
        let path = format!("/{size}.bin");
        let content = pattern(*size);
        // Cold, then from the cache, on one connection and on one that closes.
        kept.get(&path).expect_content(&content);
        kept.get(&path).expect_content(&content);
        let closed = server.get_with(&path, &["Connection: close"]);
        closed.expect_content(&content);
    }
}

fn a_range_of_a_large_file_is_exact_at_its_edges(driver: Driver) {
    let size = 5 * KIB * KIB;
    let content = pattern(size);
    let site = Site::new().with("large.bin", &content);
    let server = Server::serve(driver, &site, &[]);
    let mut client = Client::connect(&server);
    for (first, last) in [
        (0, size - 1),
        (1, size - 1),
        (64 * KIB - 1, 64 * KIB),
        (KIB * KIB, 3 * KIB * KIB),
        (size - 1, size - 1),
    ] {
        let line = format!("Range: bytes={first}-{last}");
        let part = client.get_with("/large.bin", &[&line]).expect_status(206);
        assert!(part.content == content[first..=last], "{line}");
    }
}

fn many_clients_get_the_same_large_file(driver: Driver) {
    let content = pattern(2 * KIB * KIB + 7);
    let site = Site::new().with("large.bin", &content);
    let server = Server::serve(driver, &site, &[]);
    let mut clients: Vec<Client> = (0..16).map(|_| Client::connect(&server)).collect();
    for client in &mut clients {
        client.send(crate::harness::request("GET", "/large.bin", &[]));
    }
    for mut client in clients {
        client.response().expect_content(&content);
    }
}

for_both_drivers![
    every_byte_arrives_at_every_size,
    a_range_of_a_large_file_is_exact_at_its_edges,
    many_clients_get_the_same_large_file,
];
