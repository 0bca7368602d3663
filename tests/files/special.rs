//! What is no ordinary file, and what may not be read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::harness::{Driver, Server, Site, for_both_drivers};

fn a_fifo_or_socket_is_not_there_and_blocks_nobody(driver: Driver) {
    let site = Site::small();
    mknodat(CWD, site.path("fifo"), FileType::Fifo, Mode::from(0o644), 0).expect("mkfifo");
    let _socket = UnixListener::bind(site.path("socket")).expect("a socket");
    let server = Server::serve(driver, &site, &[]);
    // More than a pool of threads would have, were each one stuck in open(2).
    for _ in 0..20 {
        server.get("/fifo").expect_status(404);
        server.get("/socket").expect_status(404);
    }
    server.get("/hello.txt").expect_content("Hello, world!");
}

fn a_device_is_not_there(driver: Driver) {
    let site = Site::small();
    std::os::unix::fs::symlink("/dev/zero", site.path("zero")).expect("a link");
    let server = Server::run(
        driver,
        &site,
        "[[route]]\nfiles = \"public\"\nsymlinks = \"follow\"\n",
    );
    server.get("/zero").expect_status(404);
}

fn what_may_not_be_read_is_forbidden(driver: Driver) {
    if rustix::process::geteuid().is_root() {
        println!("skipped: root may read everything");
        return;
    }
    let site = Site::small()
        .with("closed.txt", "closed")
        .with("dir/x", "x");
    for (name, mode) in [("closed.txt", 0o000), ("dir", 0o000)] {
        fs::set_permissions(site.path(name), fs::Permissions::from_mode(mode)).expect("chmod");
    }
    let server = Server::serve(driver, &site, &[]);
    server.get("/closed.txt").expect_status(403);
    server.get("/dir/x").expect_status(403);
    drop(server);
    fs::set_permissions(site.path("dir"), fs::Permissions::from_mode(0o755)).expect("chmod");
}

fn an_empty_file_is_a_file(driver: Driver) {
    let site = Site::small().with("empty.txt", "");
    let server = Server::serve(driver, &site, &[]);
    for _ in 0..2 {
        let empty = server.get("/empty.txt").expect_content("");
        assert_eq!(empty.expect_field("content-length"), "0");
    }
}

for_both_drivers![
    a_fifo_or_socket_is_not_there_and_blocks_nobody,
    a_device_is_not_there,
    what_may_not_be_read_is_forbidden,
    an_empty_file_is_a_file,
];
