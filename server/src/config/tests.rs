//! Stories about whole config files: what is accepted, and what is said about what is not.
//!
//! `mistakes.txt` holds texts that a person could write by mistake, each with the place and the
//! words of the message that must come of it.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use super::*;

const ROUTE: &str = "[[route]]\nfiles = \"public\"\n";

fn parse(text: &str) -> Result<Config, Vec<Problem>> {
    Config::parse(Path::new("r.toml"), text, Path::new("/srv"), &|_| {
        Folder::Present
    })
}

fn problems(text: &str) -> Vec<String> {
    match parse(text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_config_of_the_design_is_read() {
    let text = r#"
listen = ["127.0.0.1:8080", "[::1]:8080", ":80", "unix:/run/r.sock"]
shards = 2
io = "epoll"
log = "access.log"

[limits]
header_bytes = "32KiB"
requests_per_connection = 0
idle_time = "2min"
connections_per_shard = 5000

[cache]
bytes = "1GiB"
revalidate = "500ms"

[[route]]
host = "Example.com"
path = "/app/"
files = "public/../public"
index = ["index.html", "index.htm"]
spa = "index.html"
precompressed = ["gzip"]
symlinks = "never"
cache_control = [{ match = "*.css", value = "public, max-age=31536000, immutable" }]
error_pages = { 404 = "404.html" }
headers = { "X-Frame-Options" = "DENY" }

[[route]]
path = "/hello"
reply = { body = "Hello, world!" }
"#;
    let config = parse(text).expect("valid");
    assert_eq!(config.listen.len(), 4);
    assert_eq!(config.shards, Shards::Exactly(2));
    assert_eq!(config.io, IoChoice::Epoll);
    assert_eq!(config.log, LogTarget::File("/srv/access.log".into()));
    assert_eq!(config.limits.header_bytes_max, 32 * 1024);
    assert_eq!(config.limits.requests_per_connection_max, None);
    assert_eq!(config.limits.idle_time_max, Duration::from_secs(120));
    assert_eq!(
        config.limits.connections_per_shard_max,
        Ceiling::Exactly(5000)
    );
    assert_eq!(
        config.limits.header_fields_max, 100,
        "an absent key has its default"
    );
    assert_eq!(config.cache.revalidate_time_max, Duration::from_millis(500));

    let [app, hello] = &config.routes[..] else {
        panic!("two routes")
    };
    assert_eq!(app.host.as_ref().map(HostName::as_str), Some("example.com"));
    assert_eq!(app.path.as_str(), "/app");
    assert_eq!(app.headers[0].name.as_str(), "X-Frame-Options");
    let RouteAction::Files(files) = &app.action else {
        panic!("a folder")
    };
    assert_eq!(files.precompressed, [Precompressed::Gzip]);
    assert_eq!(files.symlinks, Symlinks::Never);
    assert_eq!(files.error_pages[&404].as_str(), "404.html");
    let immutable = files
        .cache_control
        .value_for(b"a/b.css")
        .map(FieldValue::as_str);
    assert_eq!(immutable, Some("public, max-age=31536000, immutable"));
    let RouteAction::Reply(reply) = &hello.action else {
        panic!("a reply")
    };
    assert_eq!(reply.status, 200);
    assert_eq!(reply.content_type.as_str(), "text/plain; charset=utf-8");
    assert_eq!(reply.body, "Hello, world!");
}

#[test]
fn the_effective_config_reads_back_as_itself() {
    let text = "listen = [\":80\"]\nshards = 3\nlog = \"stdout\"\n[limits]\nbody_rate = \"1KiB/s\"\n\
                [[route]]\nhost = \"a\"\nfiles = \"x y\"\nspa = \"i.html\"\nlisting = true\n\
                cache_control = [{ match = \"*.{js,css}\", value = \"no-store\" }]\n\
                error_pages = { 404 = \"404.html\", 500 = \"e/5.html\" }\n\
                headers = { B = \"2\", a = \"\\\"quoted\\\"\" }\n\
                [[route]]\npath = \"/r\"\nreply = { status = 302, body = \"a\\n\\\"b\\\"\\u0000ü\" }\n\
                headers = { Location = \"/x\" }\n";
    let config = parse(text).expect("valid");
    let again = config.effective().to_toml();
    let mut reread = parse(&again).unwrap_or_else(|problems| panic!("{problems:?}\n{again}"));
    // Fields are written in the order of their names.
    for (reread, config) in reread.routes.iter_mut().zip(&config.routes) {
        reread.headers.sort_by_key(|field| {
            config
                .headers
                .iter()
                .position(|other| other.name == field.name)
        });
    }
    assert_eq!(reread, config, "{again}");
}

#[test]
fn every_problem_is_reported_in_the_order_of_the_text() {
    let text =
        "shards = 0\nio = \"urign\"\n[limits]\nheader_time = \"10 sec\"\n[[route]]\nfiles = 1\n";
    let places: Vec<String> = problems(text)
        .iter()
        .map(|problem| problem.split(": ").next().unwrap_or("").to_owned())
        .collect();
    assert_eq!(
        places,
        ["r.toml:1:10", "r.toml:2:6", "r.toml:4:15", "r.toml:6:9"]
    );
}

#[test]
fn a_missing_folder_is_the_hosts_fault_and_says_how_to_make_it() {
    let look: LookAtFolder<'_> = &|path| {
        if path.ends_with("public") {
            Folder::Missing
        } else {
            Folder::Present
        }
    };
    let found =
        Config::parse("r.toml".as_ref(), ROUTE, "/srv".as_ref(), look).expect_err("missing");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].culprit, Culprit::Host);
    assert_eq!(
        found[0].to_string(),
        "r.toml:2:9: the folder /srv/public does not exist; \
         create it with `mkdir -p /srv/public` or name another folder"
    );
}

#[test]
fn a_file_that_can_not_be_read_is_named() {
    let found = Config::load(Path::new("/no/such/ringmain.toml")).expect_err("missing");
    assert_eq!(found[0].culprit, Culprit::Host);
    assert!(
        found[0].to_string().starts_with("/no/such/ringmain.toml: "),
        "{}",
        found[0]
    );
    let found = Config::load(Path::new("/")).expect_err("a folder");
    assert!(found[0].what.contains("folder"), "{}", found[0]);
}

#[test]
fn bytes_that_are_not_utf8_have_a_place() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = folder.path().join("r.toml");
    std::fs::write(&file, b"io = \"auto\"\nlog = \"\xff\"\n").expect("written");
    let found = Config::load(&file).expect_err("not UTF-8");
    assert!(
        found[0].to_string().contains("r.toml:2:8: the byte 0xFF"),
        "{}",
        found[0]
    );
}

#[test]
fn zero_sizes_that_mean_off_are_allowed() {
    let config = parse(&format!("[cache]\nbytes = \"0B\"\n{ROUTE}")).expect("valid");
    assert_eq!(config.cache.bytes_max, 0);
    let config = parse(&format!("[limits]\nrequests_per_connection = 1\n{ROUTE}")).expect("valid");
    assert_eq!(
        config.limits.requests_per_connection_max,
        NonZeroU32::new(1)
    );
}

#[test]
fn a_config_without_a_route_says_how_to_write_one() {
    let found = problems("");
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("r.toml:1:1: the config has no route; add [[route]]"),
        "{found:?}"
    );
}

#[test]
fn every_mistake_is_named_where_it_stands() {
    let mut entries = include_str!("mistakes.txt").split("----\n");
    assert!(
        entries
            .next()
            .is_some_and(|intro| intro.starts_with("Mistakes"))
    );
    for entry in entries {
        let (text, expected) = entry.split_once("\n=> ").expect("an entry has a place");
        let route = if text.contains("route]") { "" } else { ROUTE };
        check_mistake(&format!("{text}\n{route}"), expected);
    }
}

/// `expected` is `LINE:COLUMN` and then one line for each piece of the message.
fn check_mistake(text: &str, expected: &str) {
    let found = problems(text);
    assert_eq!(found.len(), 1, "{text}\n{found:#?}");
    let mut expected = expected.lines();
    let place = format!("r.toml:{}: ", expected.next().unwrap_or(""));
    assert!(
        found[0].starts_with(&place),
        "{text}\nwanted {place}\nfound {}",
        found[0]
    );
    for words in expected {
        assert!(
            found[0].contains(words),
            "{text}\nwanted {words}\nfound {}",
            found[0]
        );
    }
    assert!(
        !found[0].contains('\n'),
        "{text}\nmore than one line: {}",
        found[0]
    );
}
