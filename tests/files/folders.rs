//! Index files, trailing slashes, single-page applications, error pages.

use crate::harness::{Client, Driver, Server, Site, for_both_drivers};

fn the_index_answers_for_its_folder(driver: Driver) {
    let site = Site::small()
        .with("docs/index.html", "docs")
        .with("other/home.htm", "home");
    let server = Server::serve(driver, &site, &[]);
    assert!(server.get("/").expect_status(200).text().contains("index"));
    let docs = server.get("/docs/").expect_content("docs");
    assert_eq!(
        docs.expect_field("content-type"),
        "text/html; charset=utf-8"
    );
    server.get("/docs/index.html").expect_content("docs");
    server.get("/docs/?q=1").expect_content("docs");
    server.get("//docs/./").expect_content("docs");
    server.get("/other/").expect_status(403);
}

fn the_first_index_that_exists_is_taken(driver: Driver) {
    let site = Site::new()
        .with("both/a.html", "a")
        .with("both/b.html", "b")
        .with("second/b.html", "b")
        .with("folder/a.html/x", "a folder of that name")
        .with("folder/b.html", "b");
    let server = Server::serve(driver, &site, &["--index", "a.html", "--index", "b.html"]);
    server.get("/both/").expect_content("a");
    server.get("/second/").expect_content("b");
    server.get("/folder/").expect_content("b");
}

fn a_folder_without_its_slash_is_redirected(driver: Driver) {
    let site = Site::small()
        .with("docs/index.html", "docs")
        .with("with space/ä&<>\"/index.html", "odd");
    let server = Server::serve(driver, &site, &["--listing"]);
    for (target, location) in [
        ("/docs", "/docs/"),
        ("/docs?a=1&b=%2F", "/docs/?a=1&b=%2F"),
        ("/docs?", "/docs/?"),
        ("//docs", "/docs/"),
        ("/with%20space", "/with%20space/"),
        (
            "/with%20space/%C3%A4%26%3C%3E%22",
            "/with%20space/%C3%A4%26%3C%3E%22/",
        ),
    ] {
        let redirect = server.get(target).expect_status(301);
        assert_eq!(redirect.expect_field("location"), location);
        // It leads there, and never to another host.
        server.get(location).expect_status(200);
    }
    let mut client = Client::connect(&server);
    client.head_with("/docs", &[]).expect_status(301);
}

fn a_file_is_no_folder(driver: Driver) {
    let site = Site::small();
    let server = Server::serve(driver, &site, &[]);
    server.get("/hello.txt/").expect_status(404);
    server.get("/hello.txt/more").expect_status(404);
    server.get("/missing/").expect_status(404);
    server.get("/missing/deep/er").expect_status(404);
}

fn a_route_below_a_prefix_serves_its_own_folder(driver: Driver) {
    let site = Site::small().with("docs/index.html", "docs of the site");
    std::fs::create_dir(site.beside("manual")).expect("a folder");
    std::fs::write(site.beside("manual/index.html"), "manual").expect("a file");
    let server = Server::run(
        driver,
        &site,
        "[[route]]\nfiles = \"public\"\n\
         [[route]]\npath = \"/docs\"\nfiles = \"manual\"\n\
         [[route]]\npath = \"/fixed\"\nreply = { body = \"fixed\" }\n\
         headers = { \"X-Frame-Options\" = \"DENY\" }\n",
    );
    server.get("/docs/").expect_content("manual");
    server.get("/docs").expect_status(301);
    server.get("/docsearch").expect_status(404);
    server.get("/docs/hello.txt").expect_status(404);
    server.get("/hello.txt").expect_content("Hello, world!");
    let fixed = server.get("/fixed").expect_content("fixed");
    assert_eq!(fixed.expect_field("x-frame-options"), "DENY");
    server.get("/fixed/below").expect_content("fixed");
    server.get("/%66ixed").expect_content("fixed");
}

fn a_single_page_application_answers_for_what_is_missing(driver: Driver) {
    let site = Site::small()
        .with("app.html", "the app")
        .with("docs/x.txt", "x");
    let index = Server::serve(driver, &site, &["--spa"]);
    assert!(
        index
            .get("/some/route?q")
            .expect_status(200)
            .text()
            .contains("index")
    );
    index.get("/hello.txt").expect_content("Hello, world!");
    // A folder without index is a route of the application too.
    assert!(
        index
            .get("/docs/")
            .expect_status(200)
            .text()
            .contains("index")
    );
    index.get("/docs/..%2f").expect_status(400);

    let named = Server::serve(driver, &site, &["--spa=app.html"]);
    let answer = named.get("/some/route").expect_content("the app");
    assert_eq!(
        answer.expect_field("content-type"),
        "text/html; charset=utf-8"
    );
    // What is hidden shows no more than what is missing.
    site.write(".env", "SECRET");
    named.get("/.env").expect_content("the app");
}

fn error_pages_keep_the_status(driver: Driver) {
    let large = "x".repeat(100_000);
    let site = Site::small()
        .with("404.html", "not here")
        .with("403.html", &large)
        .with("closed/x.txt", "x");
    let server = Server::run(
        driver,
        &site,
        "[[route]]\nfiles = \"public\"\nerror_pages = { 404 = \"404.html\", 403 = \"403.html\", 412 = \"gone.html\" }\n",
    );
    let missing = server.get("/missing").expect_status(404);
    assert_eq!(missing.text(), "not here");
    assert_eq!(
        missing.expect_field("content-type"),
        "text/html; charset=utf-8"
    );
    // A validator of the page would be taken for one of the resource.
    assert_eq!(missing.field("etag"), None);
    let closed = server.get("/closed/").expect_status(403);
    assert!(closed.text() == large);
    let mut client = Client::connect(&server);
    let head = client.head_with("/missing", &[]).expect_status(404);
    assert_eq!(head.expect_field("content-length"), "8");
    // A page that is missing itself is replaced by our own.
    let failed = client
        .get_with("/hello.txt", &["If-Match: \"x\""])
        .expect_status(412);
    assert!(failed.text().contains("412"));
    client
        .get_with("/missing", &["If-None-Match: *"])
        .expect_status(404);
    client
        .get_with("/missing", &["Range: bytes=0-1"])
        .expect_status(404);
}

for_both_drivers![
    the_index_answers_for_its_folder,
    the_first_index_that_exists_is_taken,
    a_folder_without_its_slash_is_redirected,
    a_file_is_no_folder,
    a_route_below_a_prefix_serves_its_own_folder,
    a_single_page_application_answers_for_what_is_missing,
    error_pages_keep_the_status,
];
