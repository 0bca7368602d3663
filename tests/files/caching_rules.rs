//! `Cache-Control` by pattern, precompressed siblings by choice, fields of a route.

use crate::harness::{Driver, Server, Site, for_both_drivers};

fn the_first_rule_that_matches_wins(driver: Driver) {
    let site = Site::small()
        .with("assets/app.js", "js")
        .with("assets/deep/logo.svg", "svg")
        .with("style.css", "css")
        .with("deep/style.css", "css")
        .with("docs/index.html", "docs");
    let server = Server::run(
        driver,
        &site,
        "[[route]]\nfiles = \"public\"\ncache_control = [\n\
         { match = \"assets/**\", value = \"public, max-age=31536000, immutable\" },\n\
         { match = \"*.{css,js}\", value = \"max-age=60\" },\n\
         { match = \"index.html\", value = \"no-cache\" },\n]\n",
    );
    for (target, value) in [
        (
            "/assets/app.js",
            Some("public, max-age=31536000, immutable"),
        ),
        (
            "/assets/deep/logo.svg",
            Some("public, max-age=31536000, immutable"),
        ),
        ("/style.css", Some("max-age=60")),
        ("/deep/style.css", Some("max-age=60")),
        ("/", Some("no-cache")),
        ("/docs/", Some("no-cache")),
        ("/hello.txt", None),
    ] {
        let file = server.get(target).expect_status(200);
        assert_eq!(file.field("cache-control"), value, "{target}");
    }
    // What is missing is not immutable.
    assert_eq!(
        server
            .get("/assets/none")
            .expect_status(404)
            .field("cache-control"),
        None
    );
}

fn siblings_are_served_as_configured(driver: Driver) {
    let site = Site::new()
        .with("a.js", "plain")
        .with("a.js.br", "brotli")
        .with("a.js.gz", "gzipped")
        .with("b.js", "plain");
    let server = Server::run(
        driver,
        &site,
        "[[route]]\nfiles = \"public\"\nprecompressed = [\"gzip\"]\n",
    );
    let every = &["Accept-Encoding: br, gzip, zstd"];
    let sent = server.get_with("/a.js", every).expect_content("gzipped");
    assert_eq!(sent.expect_field("content-encoding"), "gzip");
    let alone = server.get_with("/b.js", every).expect_content("plain");
    // No sibling, no difference: shared caches keep one copy.
    assert_eq!(alone.field("vary"), None);
    // A sibling by its own name is a file like others.
    let itself = server.get("/a.js.gz").expect_content("gzipped");
    assert_eq!(itself.field("content-encoding"), None);
}

fn a_sibling_alone_is_no_file(driver: Driver) {
    let site = Site::new().with("only.js.br", "brotli");
    let server = Server::serve(driver, &site, &[]);
    server
        .get_with("/only.js", &["Accept-Encoding: br"])
        .expect_status(404);
}

fn a_sibling_that_comes_and_goes_is_seen(driver: Driver) {
    let site = Site::new().with("a.js", "plain");
    let server = Server::run(
        driver,
        &site,
        "cache = { revalidate = \"200ms\" }\n[[route]]\nfiles = \"public\"\n",
    );
    let ask = || server.get_with("/a.js", &["Accept-Encoding: br"]).content;
    assert_eq!(ask(), b"plain");
    site.write("a.js.br", "brotli");
    crate::harness::wait_until("the sibling is served", || ask() == b"brotli");
    std::fs::remove_file(site.path("a.js.br")).expect("remove");
    crate::harness::wait_until("the sibling is gone", || ask() == b"plain");
}

fn fields_of_a_route_are_in_every_response(driver: Driver) {
    let site = Site::small().with("docs/x", "x");
    let server = Server::run(
        driver,
        &site,
        "[[route]]\nfiles = \"public\"\n\
         headers = { \"Strict-Transport-Security\" = \"max-age=1\", \"X-Frame-Options\" = \"DENY\" }\n",
    );
    let tag = server.get("/hello.txt").expect_field("etag").to_owned();
    let answers = [
        server.get("/hello.txt").expect_status(200),
        server
            .get_with("/hello.txt", &["Range: bytes=0-1"])
            .expect_status(206),
        server
            .get_with("/hello.txt", &["Range: bytes=0-1,5-5"])
            .expect_status(206),
        server
            .get_with("/hello.txt", &[&format!("If-None-Match: {tag}")])
            .expect_status(304),
        server.get("/docs").expect_status(301),
        server.get("/docs/").expect_status(403),
        server.get("/missing").expect_status(404),
        server
            .get_with("/hello.txt", &["If-Match: \"x\""])
            .expect_status(412),
        server
            .get_with("/hello.txt", &["Range: bytes=99-"])
            .expect_status(416),
    ];
    for answer in answers {
        assert_eq!(
            answer.field("x-frame-options"),
            Some("DENY"),
            "{}",
            answer.summary()
        );
        assert_eq!(answer.field("strict-transport-security"), Some("max-age=1"));
    }
}

for_both_drivers![
    the_first_rule_that_matches_wins,
    siblings_are_served_as_configured,
    a_sibling_alone_is_no_file,
    a_sibling_that_comes_and_goes_is_seen,
    fields_of_a_route_are_in_every_response,
];
