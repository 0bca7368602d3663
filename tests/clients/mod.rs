//! curl as a client that we did not write.

use std::path::Path;
use std::process::Command;

use crate::harness::{Driver, Finished, Server, Site, for_both_drivers, pattern, run_to_end};

/// A server, if there is a curl to ask it.
fn server_for_curl(driver: Driver, site: &Site) -> Option<Server> {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: no curl on this host");
        return None;
    }
    Some(Server::serve(driver, site, &["--listing"]))
}

/// Runs curl silently, failing on its own errors, with its own config files left out.
#[track_caller]
fn curl(server: &Server, arguments: &[&str], paths: &[&str]) -> Finished {
    let mut command = Command::new("curl");
    command.args([
        "--disable",
        "--silent",
        "--show-error",
        "--noproxy",
        "*",
        "--max-time",
        "15",
    ]);
    command.args(arguments);
    for path in paths {
        command.arg(format!("http://{}{path}", server.address()));
    }
    let finished = run_to_end(&mut command);
    assert_eq!(finished.code, Some(0), "{arguments:?}: {}", finished.stderr);
    finished
}

/// The status of a response whose content goes to a file.
#[track_caller]
fn status(server: &Server, arguments: &[&str], path: &str) -> String {
    let arguments = [
        arguments,
        &["--output", "/dev/null", "--write-out", "%{http_code}"],
    ]
    .concat();
    let finished = curl(server, &arguments, &[path]);
    String::from_utf8(finished.stdout).expect("a status")
}

fn get_and_head(driver: Driver) {
    let site = Site::small();
    let Some(server) = server_for_curl(driver, &site) else {
        return;
    };
    assert_eq!(curl(&server, &[], &["/hello.txt"]).stdout, b"Hello, world!");
    let head = curl(&server, &["--head"], &["/hello.txt"]).stdout;
    let head = String::from_utf8(head).expect("ASCII").to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert!(head.contains("\r\ncontent-length: 13\r\n"), "{head}");
    assert_eq!(status(&server, &[], "/missing"), "404");
    assert_eq!(
        status(&server, &["--request", "DELETE"], "/hello.txt"),
        "405"
    );
    assert_eq!(status(&server, &["--data", "a=b"], "/hello.txt"), "405");
    // More than is drained; curl asks first (Expect: 100-continue).
    let large = site.beside("upload");
    std::fs::write(&large, pattern(3_000_000)).expect("a file");
    let upload = format!("@{}", large.display());
    assert_eq!(
        status(&server, &["--data-binary", &upload], "/hello.txt"),
        "405"
    );
}

fn ranges_and_resume(driver: Driver) {
    let content = pattern(3_000_000);
    let site = Site::new().with("large.bin", &content);
    let Some(server) = server_for_curl(driver, &site) else {
        return;
    };
    let part = curl(&server, &["--range", "100-199"], &["/large.bin"]).stdout;
    assert!(part == content[100..200]);
    let several = curl(
        &server,
        &["--range", "0-9,1000000-1000009"],
        &["/large.bin"],
    )
    .stdout;
    let holds = |part: &[u8]| several.windows(part.len()).any(|window| window == part);
    assert!(holds(&content[..10]) && holds(&content[1_000_000..1_000_010]));

    let begun = site.beside("download");
    std::fs::write(&begun, &content[..1_234_567]).expect("a file");
    let output = begun.display().to_string();
    curl(
        &server,
        &["--continue-at", "-", "--output", &output],
        &["/large.bin"],
    );
    assert!(std::fs::read(&begun).expect("the download") == content);
}

fn compressed(driver: Driver) {
    let site = Site::new().with("a.txt", "plain text, plain text, plain text");
    // gzip is there wherever curl is; where not, there is nothing to test.
    let gzip = Command::new("gzip")
        .arg("--keep")
        .arg(site.path("a.txt"))
        .status();
    if !gzip.is_ok_and(|status| status.success()) {
        println!("skipped: no gzip on this host");
        return;
    }
    let Some(server) = server_for_curl(driver, &site) else {
        return;
    };
    let content = curl(&server, &["--compressed"], &["/a.txt"]).stdout;
    assert_eq!(content, b"plain text, plain text, plain text");
    let head = curl(&server, &["--compressed", "--head"], &["/a.txt"]).stdout;
    let head = String::from_utf8(head).expect("ASCII").to_ascii_lowercase();
    assert!(head.contains("\r\ncontent-encoding: gzip\r\n"), "{head}");
}

fn conditional(driver: Driver) {
    let site = Site::small();
    let Some(server) = server_for_curl(driver, &site) else {
        return;
    };
    let newer = site.beside("newer");
    std::fs::write(&newer, "").expect("a file");
    assert_eq!(
        status(
            &server,
            &["--time-cond", &newer.display().to_string()],
            "/hello.txt"
        ),
        "304"
    );
    assert_eq!(
        status(
            &server,
            &["--time-cond", "Sun, 06 Nov 1994 08:49:37 GMT"],
            "/hello.txt"
        ),
        "200"
    );
    let tags = site.beside("etag").display().to_string();
    assert_eq!(
        status(&server, &["--etag-save", &tags], "/hello.txt"),
        "200"
    );
    assert_eq!(
        status(&server, &["--etag-compare", &tags], "/hello.txt"),
        "304"
    );
}

fn old_and_hostile(driver: Driver) {
    let site = Site::small();
    std::fs::write(site.beside("secret.txt"), "SECRET").expect("a file");
    let Some(server) = server_for_curl(driver, &site) else {
        return;
    };
    assert_eq!(
        curl(&server, &["--http1.0"], &["/hello.txt"]).stdout,
        b"Hello, world!"
    );
    assert_eq!(status(&server, &["--path-as-is"], "/../secret.txt"), "400");
    assert_eq!(
        status(&server, &["--path-as-is"], "/%2e%2e/secret.txt"),
        "400"
    );
    // Without it, curl itself removes the dots.
    assert_eq!(status(&server, &[], "/../hello.txt"), "200");
    assert_eq!(
        status(&server, &["--location", "--header", "Host:"], "/hello.txt"),
        "400"
    );
}

fn one_connection_for_many_files(driver: Driver) {
    let site = Site::small()
        .with("docs/index.html", "docs")
        .with("large.bin", pattern(500_000));
    let Some(server) = server_for_curl(driver, &site) else {
        return;
    };
    let paths = [
        "/hello.txt",
        "/large.bin",
        "/missing",
        "/docs",
        "/hello.txt",
    ];
    let into = ["--location", "--write-out", "%{num_connects} "];
    let discard = paths.iter().flat_map(|_| ["--output", "/dev/null"]);
    let arguments: Vec<&str> = into.into_iter().chain(discard).collect();
    let said = curl(&server, &arguments, &paths).stdout;
    assert_eq!(String::from_utf8_lossy(&said), "1 0 0 0 0 ");
}

fn a_big_file_is_the_same_file(driver: Driver) {
    let content = pattern(60_000_003);
    let site = Site::new().with("big.bin", &content);
    let Some(server) = server_for_curl(driver, &site) else {
        return;
    };
    let output = site.beside("download");
    let flag = output.display().to_string();
    curl(&server, &["--output", &flag], &["/big.bin"]);
    assert!(is_same(&output, &content));
    // Slowly too, with many pauses.
    curl(
        &server,
        &[
            "--limit-rate",
            "40M",
            "--range",
            "0-19999999",
            "--output",
            &flag,
        ],
        &["/big.bin"],
    );
    assert!(is_same(&output, &content[..20_000_000]));
}

fn is_same(file: &Path, content: &[u8]) -> bool {
    std::fs::read(file).expect("the download") == content
}

for_both_drivers![
    get_and_head,
    ranges_and_resume,
    compressed,
    conditional,
    old_and_hostile,
    one_connection_for_many_files,
    a_big_file_is_the_same_file,
];
