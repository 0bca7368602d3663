//! Symbolic links: inside of the folder, out of it, never, anywhere.

use std::fs;
use std::os::unix::fs::symlink;

use crate::harness::{Driver, Server, Site, for_both_drivers};

fn with_links(driver: Driver, symlinks: &str) -> (Site, Server) {
    let site = Site::small().with("sub/file.txt", "file");
    fs::write(site.beside("secret.txt"), "SECRET").expect("a file");
    fs::create_dir(site.beside("private")).expect("a folder");
    fs::write(site.beside("private/index.html"), "SECRET").expect("a file");
    for (target, name) in [
        ("hello.txt", "inside"),
        ("sub", "inside-folder"),
        ("../hello.txt", "sub/up"),
        ("../secret.txt", "outside"),
        ("../private", "outside-folder"),
        ("sub/../../secret.txt", "outside-by-detour"),
        ("inside", "chain"),
        ("outside", "chain-out"),
        ("loop", "loop"),
        ("nowhere", "dangling"),
    ] {
        symlink(target, site.path(name)).expect("a link");
    }
    symlink(site.path("hello.txt"), site.path("absolute-inside")).expect("a link");
    symlink(site.beside("secret.txt"), site.path("absolute-outside")).expect("a link");
    let server = Server::run(
        driver,
        &site,
        &format!("[[route]]\nfiles = \"public\"\nlisting = true\nsymlinks = \"{symlinks}\"\n"),
    );
    (site, server)
}

#[track_caller]
fn expect_hidden(server: &Server, path: &str) {
    let answer = server.get(path);
    assert_eq!(answer.status, 404, "{path}: {}", answer.summary());
    assert!(!answer.text().contains("SECRET"), "{path}");
}

fn by_default_links_stay_inside(driver: Driver) {
    let (_site, server) = with_links(driver, "inside");
    for path in ["/inside", "/sub/up", "/chain"] {
        server.get(path).expect_content("Hello, world!");
    }
    server.get("/inside-folder/file.txt").expect_content("file");
    server.get("/inside-folder").expect_status(301);
    for path in [
        "/outside",
        "/outside-folder/",
        "/outside-folder/index.html",
        "/outside-folder",
        "/outside-by-detour",
        "/chain-out",
        "/absolute-outside",
        // Where an absolute link leads is decided outside of the folder.
        "/absolute-inside",
        "/loop",
        "/dangling",
    ] {
        expect_hidden(&server, path);
    }
}

fn never_means_never(driver: Driver) {
    let (_site, server) = with_links(driver, "never");
    for path in [
        "/inside",
        "/inside-folder/file.txt",
        "/sub/up",
        "/chain",
        "/outside",
        "/absolute-inside",
        "/absolute-outside",
        "/outside-folder/",
        "/dangling",
    ] {
        expect_hidden(&server, path);
    }
    server.get("/sub/file.txt").expect_content("file");
}

fn follow_goes_anywhere(driver: Driver) {
    let (_site, server) = with_links(driver, "follow");
    for path in [
        "/outside",
        "/absolute-outside",
        "/chain-out",
        "/outside-folder/",
    ] {
        server.get(path).expect_content("SECRET");
    }
    server
        .get("/absolute-inside")
        .expect_content("Hello, world!");
    server.get("/loop").expect_status(404);
    server.get("/../secret.txt").expect_status(400);
}

fn a_link_that_is_turned_outside_is_seen(driver: Driver) {
    let (site, server) = with_links(driver, "inside");
    server.get("/inside").expect_content("Hello, world!");
    let new = site.beside("new-link");
    symlink("../secret.txt", &new).expect("a link");
    fs::rename(new, site.path("inside")).expect("rename");
    crate::harness::wait_until("the link is refused", || {
        server.get("/inside").status == 404
    });
}

fn siblings_and_indexes_are_links_too(driver: Driver) {
    let (site, server) = with_links(driver, "inside");
    symlink("../secret.txt", site.path("hello.txt.gz")).expect("a link");
    let answer = server.get_with("/hello.txt", &["Accept-Encoding: gzip"]);
    answer.expect_content("Hello, world!");
    fs::create_dir(site.path("trap")).expect("a folder");
    symlink("../../secret.txt", site.path("trap/index.html")).expect("a link");
    let answer = server.get("/trap/");
    assert!(!answer.text().contains("SECRET"), "{}", answer.summary());
}

for_both_drivers![
    by_default_links_stay_inside,
    never_means_never,
    follow_goes_anywhere,
    a_link_that_is_turned_outside_is_seen,
    siblings_and_indexes_are_links_too,
];
