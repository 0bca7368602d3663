//! Paths that try to leave the folder or to be read in two ways, and names that are only odd.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::harness::{Client, Driver, Server, Site, for_both_drivers};

fn guarded(driver: Driver) -> (Site, Server) {
    let site = Site::small().with("sub/file.txt", "file");
    std::fs::write(site.beside("secret.txt"), "SECRET").expect("a file");
    let server = Server::serve(driver, &site, &["--listing"]);
    (site, server)
}

fn no_spelling_of_parent_leaves_the_folder(driver: Driver) {
    let (_site, server) = guarded(driver);
    for path in [
        "/../secret.txt",
        "/sub/../../secret.txt",
        "/sub/../hello.txt",
        "/..",
        "/../",
        "/sub/..",
        "/%2e%2e/secret.txt",
        "/%2E%2E/secret.txt",
        "/.%2e/secret.txt",
        "/%2e./secret.txt",
        "/sub/%2e%2e/hello.txt",
        "/..%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/sub\\..\\..\\secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/%e0%80%ae%e0%80%ae/secret.txt",
        "/..%c0%afsecret.txt",
        "/..%00/secret.txt",
        "/%2e%2e%00/secret.txt",
        "/./../secret.txt",
        "//../secret.txt",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 400, "{path}: {}", answer.summary());
        assert!(!answer.text().contains("SECRET"), "{path}");
    }
    // Decoded once and not again: this is a name with percent signs.
    for path in [
        "/%252e%252e/secret.txt",
        "/..%252fsecret.txt",
        "/...",
        "/..../secret.txt",
        "/..;/secret.txt",
    ] {
        let answer = server.get(path);
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.summary()
        );
    }
}

fn ambiguous_bytes_are_refused(driver: Driver) {
    let (_site, server) = guarded(driver);
    for path in [
        "/hello.txt%00",
        "/hello%00.txt",
        "/%00",
        "/sub%2Ffile.txt",
        "/sub%2ffile.txt",
        "/sub%5Cfile.txt",
        "/sub\\file.txt",
        "/hello%0a.txt",
        "/hello%0d%0aX:%20y",
        "/hello%7f.txt",
        "/%",
        "/%2",
        "/%zz",
        "/hello.txt%",
        "/%u0068ello.txt",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 400, "{path}: {}", answer.summary());
    }
}

fn names_longer_than_a_name_can_be_are_refused(driver: Driver) {
    let (site, server) = guarded(driver);
    let longest = "n".repeat(255);
    site.write(&longest, "long name");
    server
        .get(&format!("/{longest}"))
        .expect_content("long name");
    server.get(&format!("/{longest}n")).expect_status(400);
    server
        .get(&format!("/{}", "%6e".repeat(256)))
        .expect_status(400);
    // Many short segments, longer than PATH_MAX.
    server.get(&"/d".repeat(2100)).expect_status(400);
    server.get(&"/d".repeat(1000)).expect_status(404);
    // As long as a request line can be.
    let answer = server.get(&format!("/{}", "n".repeat(8000)));
    assert_eq!(answer.status, 400, "{}", answer.summary());
}

fn odd_names_are_served(driver: Driver) {
    let (site, server) = guarded(driver);
    for (name, path) in [
        ("with space.txt", "/with%20space.txt"),
        ("per%cent", "/per%25cent"),
        ("plus+sign", "/plus+sign"),
        ("quest?ion", "/quest%3Fion"),
        ("ha#sh", "/ha%23sh"),
        ("ünï☃", "/%C3%BCn%C3%AF%E2%98%83"),
        ("a..b", "/a..b"),
        ("a:b;c,d=e@f!g$h&i'j(k)l*m", "/a:b;c,d=e@f!g$h&i'j(k)l*m"),
        ("~tilde", "/%7Etilde"),
        ("\"quoted\"", "/%22quoted%22"),
        ("CaSe", "/CaSe"),
    ] {
        site.write(name, name);
        server.get(path).expect_content(name);
    }
    server.get("/case").expect_status(404);
    site.write(OsStr::from_bytes(b"latin-\xe9\xff"), "bytes");
    server.get("/latin-%E9%FF").expect_content("bytes");
    // UTF-8 unencoded, as some clients send it.
    let mut client = Client::connect(&server);
    client.send("GET /ünï☃ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = client.response();
    assert!(matches!(answer.status, 200 | 400), "{}", answer.summary());
}

fn one_canonical_path_is_served(driver: Driver) {
    let (_site, server) = guarded(driver);
    for path in [
        "//hello.txt",
        "/./hello.txt",
        "/sub/./file.txt",
        "/sub//file.txt",
        "/%68ello.txt",
        "///hello.txt",
    ] {
        let content = if path.contains("file") {
            "file"
        } else {
            "Hello, world!"
        };
        server.get(path).expect_content(content);
    }
}

fn dotfiles_are_hidden(driver: Driver) {
    let (site, server) = guarded(driver);
    for name in [
        ".env",
        ".git/config",
        "sub/.htpasswd",
        ".well-known/.hidden",
        "sub/.well-known/x",
    ] {
        site.write(name, "SECRET");
        server.get(&format!("/{name}")).expect_status(404);
    }
    server.get("/%2eenv").expect_status(404);
    server.get("/%2Egit/config").expect_status(404);
    server.get("/.git").expect_status(404);
    server.get("/.git/").expect_status(404);
    site.write(".well-known/security.txt", "Contact: us");
    server
        .get("/.well-known/security.txt")
        .expect_content("Contact: us");
    server
        .get("/%2ewell-known/security.txt")
        .expect_content("Contact: us");
}

fn dotfiles_are_served_where_they_are_wanted(driver: Driver) {
    let site = Site::small()
        .with(".env", "shown")
        .with(".git/config", "shown");
    let server = Server::run(
        driver,
        &site,
        "[[route]]\nfiles = \"public\"\ndotfiles = true\n",
    );
    server.get("/.env").expect_content("shown");
    server.get("/.git/config").expect_content("shown");
    server.get("/../ringmain.toml").expect_status(400);
}

for_both_drivers![
    no_spelling_of_parent_leaves_the_folder,
    ambiguous_bytes_are_refused,
    names_longer_than_a_name_can_be_are_refused,
    odd_names_are_served,
    one_canonical_path_is_served,
    dotfiles_are_hidden,
    dotfiles_are_served_where_they_are_wanted,
];
