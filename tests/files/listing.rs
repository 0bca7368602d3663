//! Listings: as a page, as JSON, sorted, and safe whatever the names are.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::harness::{Driver, Server, Site, for_both_drivers};

const JSON: &[&str] = &["Accept: application/json"];

fn names(listing: &Value) -> Vec<&str> {
    let entries = listing.as_array().expect("an array");
    entries
        .iter()
        .map(|entry| entry["name"].as_str().expect("a name"))
        .collect()
}

#[track_caller]
fn json(server: &Server, target: &str) -> Value {
    let listing = server.get_with(target, JSON).expect_status(200);
    assert_eq!(listing.expect_field("content-type"), "application/json");
    assert!(listing.expect_field("vary").contains("Accept"));
    serde_json::from_slice(&listing.content).expect("JSON")
}

fn without_listing_a_folder_is_closed(driver: Driver) {
    let site = Site::small().with("docs/a.txt", "a");
    let server = Server::serve(driver, &site, &[]);
    let closed = server.get("/docs/").expect_status(403);
    assert!(!closed.text().contains("a.txt"));
    server.get_with("/docs/", JSON).expect_status(403);
}

fn json_tells_name_type_size_and_time(driver: Driver) {
    let site = Site::small()
        .with("docs/a.txt", "12345")
        .with("docs/sub/x", "x");
    let time = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let file = std::fs::File::options()
        .write(true)
        .open(site.path("docs/a.txt"));
    file.expect("a file").set_modified(time).expect("utimes");
    let server = Server::serve(driver, &site, &["--listing"]);
    let listing = json(&server, "/docs/");
    assert_eq!(names(&listing), ["sub", "a.txt"]);
    assert_eq!(listing[0]["type"], "directory");
    assert_eq!(
        listing[1],
        serde_json::json!({
            "name": "a.txt",
            "type": "file",
            "size": 5,
            "modified": "2023-11-14T22:13:20Z"
        })
    );
    // The index still comes first.
    assert!(server.get("/").text().contains("<title>index</title>"));
}

fn listings_are_sorted_as_asked(driver: Driver) {
    let site = Site::new();
    for (name, bytes, seconds) in [("b", 3, 30), ("a", 2, 10), ("C", 1, 20)] {
        site.write(name, "x".repeat(bytes));
        let file = std::fs::File::options().write(true).open(site.path(name));
        let time = UNIX_EPOCH + Duration::from_secs(seconds);
        file.expect("a file").set_modified(time).expect("utimes");
    }
    let server = Server::serve(driver, &site, &["--listing"]);
    for (query, order) in [
        ("", ["a", "b", "C"]),
        ("?sort=name&order=desc", ["C", "b", "a"]),
        ("?sort=size", ["C", "a", "b"]),
        ("?sort=size&order=desc", ["b", "a", "C"]),
        ("?sort=time&order=asc", ["a", "C", "b"]),
        ("?order=desc&sort=time", ["b", "C", "a"]),
        ("?sort=nonsense&order=up", ["a", "b", "C"]),
    ] {
        assert_eq!(
            names(&json(&server, &format!("/{query}"))),
            order,
            "{query}"
        );
        let page = server.get(&format!("/{query}")).expect_status(200);
        let places = order.map(|name| page.text().find(&format!(">{name}</a>")));
        assert!(
            places.is_sorted() && places[0].is_some(),
            "{query}: {places:?}"
        );
    }
}

fn odd_names_are_escaped_and_lead_to_their_files(driver: Driver) {
    let odd = [
        "<script>alert(1)</script>",
        "a\"b'c&d",
        "with space",
        "per%cent",
        "ha#sh?quest",
        "javascript:alert(1)",
        "ünï-☃",
        "new\nline",
        "semi;colon",
    ];
    // A slash cannot be in a name.
    let odd: Vec<String> = odd.iter().map(|name| name.replace('/', "∕")).collect();
    let site = Site::new();
    for name in &odd {
        site.write(name, name);
    }
    let broken = OsStr::from_bytes(b"not-utf8-\xff\xfe");
    site.write(broken, "bytes");
    let server = Server::serve(driver, &site, &["--listing"]);
    let page = server.get("/").expect_status(200);
    let text = page.text();
    assert!(!text.contains("<script>alert"), "{text}");
    assert!(!text.contains("href=\"javascript:"), "{text}");
    let links: Vec<&str> = text
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| !link.starts_with("data:") && !link.starts_with('?'))
        .collect();
    let contents: Vec<Vec<u8>> = links
        .iter()
        .map(|link| link.trim_start_matches("./"))
        .filter(|link| !link.is_empty() && !link.starts_with("..") && *link != "/")
        // A control byte in a path is refused, so no link can lead to that name.
        .filter(|link| !link.contains("%0A"))
        .map(|link| server.get(&format!("/{link}")).expect_status(200).content)
        .collect();
    for name in &odd {
        if !name.contains('\n') {
            assert!(
                contents.contains(&name.as_bytes().to_vec()),
                "{name}: {links:?}"
            );
        }
    }
    assert!(contents.contains(&b"bytes".to_vec()), "{links:?}");
    let listing = json(&server, "/");
    assert!(
        odd.iter()
            .all(|name| names(&listing).contains(&name.as_str()))
    );
}

fn what_is_not_served_is_not_listed(driver: Driver) {
    let site = Site::new()
        .with("seen.txt", "")
        .with(".hidden", "")
        .with(".git/config", "");
    std::fs::write(site.beside("secret"), "secret").expect("a file");
    symlink(site.beside("secret"), site.path("outside")).expect("a link");
    symlink("nowhere", site.path("dangling")).expect("a link");
    symlink("seen.txt", site.path("inside")).expect("a link");
    let server = Server::serve(driver, &site, &["--listing"]);
    let listing = json(&server, "/");
    let names = names(&listing);
    assert!(
        names.contains(&"seen.txt") && names.contains(&"inside"),
        "{names:?}"
    );
    assert!(!names.iter().any(|name| name.starts_with('.')), "{names:?}");
    for name in &names {
        server.get(&format!("/{name}")).expect_status(200);
    }
}

fn accept_decides_between_page_and_json(driver: Driver) {
    let site = Site::new().with("a.txt", "a");
    let server = Server::serve(driver, &site, &["--listing"]);
    for (accept, is_json) in [
        ("application/json", true),
        ("text/html, application/json;q=0.5", false),
        ("text/html;q=0.5, application/json", true),
        ("*/*", false),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            false,
        ),
        ("application/json;q=0", false),
    ] {
        let listing = server
            .get_with("/", &[&format!("Accept: {accept}")])
            .expect_status(200);
        let kind = listing.expect_field("content-type");
        assert_eq!(kind == "application/json", is_json, "{accept}: {kind}");
    }
}

for_both_drivers![
    without_listing_a_folder_is_closed,
    json_tells_name_type_size_and_time,
    listings_are_sorted_as_asked,
    odd_names_are_escaped_and_lead_to_their_files,
    what_is_not_served_is_not_listed,
    accept_decides_between_page_and_json,
];
