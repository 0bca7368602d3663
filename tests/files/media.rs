//! Content types, and that no browser guesses another.

use crate::harness::{Driver, Server, Site, for_both_drivers};

fn the_name_decides_the_type(driver: Driver) {
    let types = [
        ("page.html", "text/html; charset=utf-8"),
        ("PAGE.HTML", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("code.js", "text/javascript; charset=utf-8"),
        ("module.mjs", "text/javascript; charset=utf-8"),
        ("data.json", "application/json"),
        ("logo.svg", "image/svg+xml; charset=utf-8"),
        ("photo.jpeg", "image/jpeg"),
        ("photo.webp", "image/webp"),
        ("font.woff2", "font/woff2"),
        ("code.wasm", "application/wasm"),
        ("notes.txt", "text/plain; charset=utf-8"),
        ("film.mp4", "video/mp4"),
        ("book.pdf", "application/pdf"),
        ("archive.tar.gz", "application/gzip"),
        ("LICENSE", "application/octet-stream"),
        ("weird.unknown-thing", "application/octet-stream"),
        ("dot.", "application/octet-stream"),
    ];
    // The content looks like a page each time: the type does not care.
    let site = types
        .iter()
        .fold(Site::new(), |site, (name, _)| site.with(name, "<html>"));
    let server = Server::serve(driver, &site, &[]);
    for (name, expected) in types {
        let file = server.get(&format!("/{name}")).expect_status(200);
        assert_eq!(file.expect_field("content-type"), expected, "{name}");
        assert_eq!(
            file.expect_field("x-content-type-options"),
            "nosniff",
            "{name}"
        );
    }
    let listed = Server::serve(driver, &site, &["--listing"])
        .get("/")
        .expect_status(200);
    assert_eq!(listed.expect_field("x-content-type-options"), "nosniff");
}

for_both_drivers![the_name_decides_the_type];
