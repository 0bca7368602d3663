//! Files that change while they are served: seen within a second, never sent short or padded.

use std::fs::{self, File};
use std::io::Write;
use std::time::{Duration, Instant};

use crate::harness::{Client, Driver, Ending, Server, Site, for_both_drivers, pattern, request};

/// The promise, and what a busy machine may add to it.
const SEEN_WITHIN: Duration = Duration::from_millis(1500);

/// Waits until `condition` holds, which must be within the promised second.
#[track_caller]
fn expect_seen(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < SEEN_WITHIN, "not seen in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A small file, which is held in memory, and a large one, which is held open.
const SIZES: [usize; 2] = [500, 100_000];

fn by_default_a_change_is_seen_within_a_second(driver: Driver) {
    let site = Site::new()
        .with("small.txt", "old")
        .with("large.bin", pattern(100_000));
    let server = Server::serve(driver, &site, &[]);
    let mut client = Client::connect(&server);
    client.get("/small.txt").expect_content("old");
    client.get("/large.bin").expect_content(pattern(100_000));
    site.replace("small.txt", "new");
    fs::remove_file(site.path("large.bin")).expect("remove");
    expect_seen("both changes", || {
        client.get("/small.txt").content == b"new" && client.get("/large.bin").status == 404
    });
}

fn every_change_is_seen_in_time(driver: Driver) {
    for size in SIZES {
        let old = vec![b'o'; size];
        let new = vec![b'n'; size];
        let site = Site::new().with("file.bin", &old);
        let server = Server::run(
            driver,
            &site,
            "cache = { revalidate = \"100ms\" }\n[[route]]\nfiles = \"public\"\n",
        );
        let mut client = Client::connect(&server);
        let first = client.get("/file.bin").expect_content(&old);

        site.write("file.bin", &new);
        expect_seen("written in place", || {
            client.get("/file.bin").content == new
        });
        site.replace("file.bin", &old);
        expect_seen("replaced by rename", || {
            client.get("/file.bin").content == old
        });
        let now = client.get("/file.bin");
        assert_ne!(now.expect_field("etag"), first.expect_field("etag"));

        fs::remove_file(site.path("file.bin")).expect("remove");
        expect_seen("removed", || client.get("/file.bin").status == 404);
        site.write("file.bin", &new);
        expect_seen("created", || client.get("/file.bin").content == new);
        fs::remove_file(site.path("file.bin")).expect("remove");
        fs::create_dir(site.path("file.bin")).expect("a folder");
        expect_seen("a folder in its place", || {
            client.get("/file.bin").status == 301
        });
    }
}

fn a_change_is_never_seen_half(driver: Driver) {
    let versions = [vec![b'a'; 20_000], vec![b'b'; 20_001], vec![b'c'; 120_000]];
    let site = Site::new().with("file.bin", &versions[0]);
    let server = Server::serve(driver, &site, &[]);
    let mut client = Client::connect(&server);
    let began = Instant::now();
    let mut turn = 0;
    while began.elapsed() < Duration::from_millis(700) {
        turn += 1;
        site.replace("file.bin", &versions[turn % versions.len()]);
        let seen = client.get("/file.bin").expect_status(200).content;
        assert!(
            versions.contains(&seen),
            "{} bytes of two versions",
            seen.len()
        );
    }
}

fn the_listing_shows_changes_at_once(driver: Driver) {
    let site = Site::new().with("one.txt", "1");
    let server = Server::serve(driver, &site, &["--listing"]);
    assert!(!server.get("/").text().contains("two.txt"));
    site.write("two.txt", "2");
    assert!(server.get("/").text().contains("two.txt"));
}

/// Starts a download and takes only its beginning: the rest waits for the client.
fn begin_download(server: &Server, size: usize) -> Client {
    let mut client = Client::connect(server);
    client.send(request("GET", "/large.bin", &[]));
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.take_byte());
    }
    let head = String::from_utf8(head).expect("ASCII").to_ascii_lowercase();
    assert!(
        head.contains(&format!("content-length: {size}\r\n")),
        "{head}"
    );
    client
}

fn a_file_that_shrinks_ends_the_connection(driver: Driver) {
    // Larger than all socket buffers together, so that the server is still sending.
    let size = 64 * 1024 * 1024;
    let site = Site::new();
    let file = File::create(site.path("large.bin")).expect("a file");
    file.set_len(size as u64).expect("a sparse file");
    let server = Server::serve(driver, &site, &[]);
    let mut client = begin_download(&server, size);
    let kept = 40 * 1024 * 1024;
    file.set_len(kept as u64).expect("truncate");
    let (received, _ending) = client.read_to_ending();
    assert!(received.len() <= kept, "{} bytes, padded", received.len());
    assert!(received.iter().all(|byte| *byte == 0));
    server.get("/missing").expect_status(404);
}

fn a_file_that_grows_is_never_longer_than_announced(driver: Driver) {
    let size = 32 * 1024 * 1024;
    let site = Site::new();
    let mut file = File::create(site.path("large.bin")).expect("a file");
    file.set_len(size as u64).expect("a sparse file");
    let server = Server::serve(driver, &site, &[]);
    let mut client = begin_download(&server, size);
    file.set_len(2 * size as u64).expect("grow");
    file.write_all(&pattern(100)).expect("write");
    let mut left = size;
    while left > 0 {
        left -= client.read_some(left).expect("the rest");
    }
    // Not a byte more: the next response begins here.
    client.get("/missing").expect_status(404);
}

fn a_file_removed_while_it_is_sent_is_sent_to_its_end(driver: Driver) {
    let size = 16 * 1024 * 1024;
    let content = pattern(size);
    let site = Site::new().with("large.bin", &content);
    let server = Server::serve(driver, &site, &[]);
    let mut client = begin_download(&server, size);
    fs::remove_file(site.path("large.bin")).expect("remove");
    client.shut_down_sending();
    let (received, ending) = client.read_to_ending();
    assert!(received == content, "{} bytes", received.len());
    assert_eq!(ending, Ending::Closed);
}

for_both_drivers![
    by_default_a_change_is_seen_within_a_second,
    every_change_is_seen_in_time,
    a_change_is_never_seen_half,
    the_listing_shows_changes_at_once,
    a_file_that_shrinks_ends_the_connection,
    a_file_that_grows_is_never_longer_than_announced,
    a_file_removed_while_it_is_sent_is_sent_to_its_end,
];
