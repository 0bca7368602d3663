//! URLs as people write them.

use super::*;

fn url(text: &str) -> Url {
    text.parse().expect(text)
}

#[test]
fn each_form_has_its_label_place_host_and_target() {
    for (text, label, host, target) in [
        (
            "http://127.0.0.1:8080/a?b#c",
            "http://127.0.0.1:8080",
            "127.0.0.1:8080",
            "/a?b",
        ),
        ("http://localhost", "http://localhost", "localhost", "/"),
        (
            "http://h.example:80",
            "http://h.example:80",
            "h.example:80",
            "/",
        ),
        ("http://[::1]:8080/", "http://[::1]:8080", "[::1]:8080", "/"),
        ("http://[::1]/x", "http://[::1]", "[::1]", "/x"),
        ("http://h?q=1", "http://h", "h", "/?q=1"),
        ("http://h{line:paths}", "http://h", "h", "{line:paths}"),
        (
            "http://h:8080-8087/u/{rand:1..9}",
            "http://h:8080-8087",
            "h:8080",
            "/u/{rand:1..9}",
        ),
        ("https://h/x", "https://h", "h", "/x"),
        (
            "unix:/run/a.sock:/x/y",
            "unix:/run/a.sock",
            "localhost",
            "/x/y",
        ),
        (
            "http+unix:/run/a.sock",
            "http+unix:/run/a.sock",
            "localhost",
            "/",
        ),
    ] {
        let url = url(text);
        assert_eq!(url.label, label);
        assert_eq!(url.host(), host, "{text}");
        assert_eq!(url.target, target, "{text}");
    }
}

#[test]
fn ports_have_defaults_and_ranges() {
    let ports = |text: &str| match url(text).place {
        Place::Host { ports, .. } => ports,
        Place::Unix(path) => panic!("{path:?}"),
    };
    assert_eq!(ports("http://h"), 80..=80);
    assert_eq!(ports("https://h"), 443..=443);
    assert_eq!(ports("http://h:8080-8087"), 8080..=8087);
    assert_eq!(ports("http://[::1]:1-2"), 1..=2);
}

#[test]
fn a_weight_stands_in_front() {
    let weighted = |text: &str| text.parse::<WeightedUrl>().expect(text);
    assert_eq!(weighted("3@http://h/x").weight, 3.0);
    assert_eq!(weighted("0.5@unix:/s").weight, 0.5);
    assert_eq!(weighted("http://h/x@y").weight, 1.0);
    assert_eq!(weighted("http://h/x@y").url.target, "/x@y");
    for wrong in ["0@http://h", "1.2.3@http://h", "@http://h"] {
        assert!(wrong.parse::<WeightedUrl>().is_err(), "{wrong}");
    }
}

#[test]
fn what_is_no_url_is_refused_with_what_to_write() {
    for (text, says) in [
        ("localhost:8080/x", "write http://localhost:8080/x"),
        ("localhost", "write http://localhost"),
        ("stesp", "nor a command"),
        ("ftp://h", "has the scheme \"ftp\""),
        ("http://", "has no host"),
        ("http:///x", "has no host"),
        ("http://::1/", "in brackets"),
        ("http://a b/", "has no host"),
        ("http://u:p@h/", "Authorization"),
        ("http://h:0/", "write 1 to 65535"),
        ("http://h:70000/", "write 1 to 65535"),
        ("http://h:9-8/", "write 1 to 65535"),
        ("http://h:/", "write 1 to 65535"),
        ("http://h:1-2000/", "more than 1024 ports"),
        ("unix:run/a.sock", "write unix:/run/app.sock:/path"),
        ("/run/a.sock", "write unix:/run/a.sock:/"),
    ] {
        let error = text.parse::<Url>().expect_err(text).to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}
