//! Requests as they stand on the wire.

use rand::SeedableRng;

use super::*;
use crate::plan::Reuse;

const HEAD: &str = concat!(
    "Host: a:80\r\nUser-Agent: ringload/",
    env!("CARGO_PKG_VERSION"),
    "\r\n"
);

fn wish(target: &str) -> RequestWish {
    RequestWish {
        method: None,
        target: target.to_owned(),
        host: "a:80".to_owned(),
        fields: Vec::new(),
        body: Body::None,
        reuse: Reuse::KeepAlive,
    }
}

/// The only file that there is.
fn read(file: &std::path::Path, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    let text = match file.to_str() {
        Some("paths") => &b"/a\r\n\n/b?x=1\n/c"[..],
        Some("words") => b"one\ntwo words\n",
        Some("empty") => b"\n\n",
        Some("binary") => b"{seq}\xff",
        _ => return Err(std::io::ErrorKind::NotFound.into()),
    };
    assert!(text.len() <= bytes_max);
    Ok(text.to_vec())
}

fn variables() -> Variables {
    Variables {
        next: 5,
        step: 3,
        random: SmallRng::seed_from_u64(1),
    }
}

/// The first `count` requests as text.
fn rendered(wish: &RequestWish, count: usize) -> Vec<String> {
    let template = wish.compile(&read).expect("a sound request");
    let mut variables = variables();
    (0..count)
        .map(|_| {
            let bytes = template.render(&mut variables);
            // Every request must be one that a strict server takes, with nothing left over.
            let parsed = http::parse_request(&bytes, &http::Limits::default());
            let Ok(http::Parsed::Complete { head, consumed }) = parsed else {
                panic!("{parsed:?}: {}", bytes.escape_ascii());
            };
            let length = match head.framing {
                http::BodyFraming::None => 0,
                http::BodyFraming::Length(length) => length as usize,
                http::BodyFraming::Chunked => panic!("chunked"),
            };
            assert_eq!(consumed + length, bytes.len(), "{}", bytes.escape_ascii());
            String::from_utf8_lossy(&bytes).into_owned()
        })
        .collect()
}

fn refused(wish: &RequestWish) -> String {
    wish.compile(&read).expect_err("refused").to_string()
}

#[test]
fn a_fixed_request_is_rendered_without_a_copy() {
    let template = wish("/x").compile(&read).expect("sound");
    assert_eq!(template.label, "GET /x");
    let mut variables = variables();
    let (first, second) = (
        template.render(&mut variables),
        template.render(&mut variables),
    );
    assert_eq!(first, format!("GET /x HTTP/1.1\r\n{HEAD}\r\n"));
    assert_eq!(first.as_ptr(), second.as_ptr());
    assert_eq!(variables.next, 5, "nothing was numbered");
}

#[test]
fn the_same_number_fills_all_of_a_request_and_threads_share_none() {
    let mut wish = wish("/u/{seq}/{seq}");
    wish.fields = vec!["X-N: n{seq}".to_owned()];
    let requests = rendered(&wish, 2);
    assert_eq!(
        requests[0],
        format!("GET /u/5/5 HTTP/1.1\r\n{HEAD}X-N: n5\r\n\r\n")
    );
    assert!(requests[1].starts_with("GET /u/8/8 "), "{requests:?}");
}

#[test]
fn random_places_stay_within_their_range_and_reach_both_ends() {
    let template = wish("/{rand:3..5}").compile(&read).expect("sound");
    let mut variables = variables();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let bytes = template.render(&mut variables);
        seen.insert(bytes[5]);
        assert_eq!(bytes[6], b' ');
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), b"345");
}

#[test]
fn lines_come_in_turn_and_targets_made_of_them_need_no_slash() {
    let requests = rendered(&wish("{line:paths}"), 3);
    let targets = requests.iter().map(|text| text.split(' ').nth(1));
    // Numbers 5, 8, 11 of three lines: every thread walks through the file in its own steps.
    assert_eq!(
        targets.collect::<Vec<_>>(),
        [Some("/c"), Some("/c"), Some("/c")]
    );
    let mut body = wish("/");
    body.body = Body::Text("{line:words}|{seq}".to_owned());
    let requests = rendered(&body, 2);
    assert!(requests[0].ends_with("\r\n\r\ntwo words|5"), "{requests:?}");
    assert!(requests[1].ends_with("\r\n\r\none|8"), "{requests:?}");
}

#[test]
fn a_body_has_its_length_whether_it_is_filled_or_not() {
    let mut fixed = wish("/");
    fixed.body = Body::Text("{\"a\": {\"b\": 1}, \"q\": \"{users}\"}".to_owned());
    let text = &rendered(&fixed, 1)[0];
    assert!(text.starts_with("POST / HTTP/1.1\r\n"), "{text}");
    assert!(text.contains("Content-Length: 31\r\n"), "{text}");
    let mut filled = wish("/");
    filled.body = Body::Text("id={uuid}".to_owned());
    let text = &rendered(&filled, 1)[0];
    assert!(text.contains("Content-Length:        39\r\n"), "{text}");
    let mut file = wish("/");
    file.body = Body::File("binary".into());
    file.method = Some("PUT".to_owned());
    let template = file.compile(&read).expect("sound");
    let bytes = template.render(&mut variables());
    assert!(bytes.ends_with(b"Content-Length: 6\r\n\r\n{seq}\xff"));
    let mut empty = wish("/");
    empty.method = Some("POST".to_owned());
    assert!(rendered(&empty, 1)[0].contains("Content-Length: 0\r\n"));
}

#[test]
fn fields_replace_the_defaults_and_one_request_says_so() {
    let mut wish = wish("/");
    wish.fields = vec!["host: b".to_owned(), "User-agent:x ".to_owned()];
    wish.reuse = Reuse::OneRequest;
    assert_eq!(
        rendered(&wish, 1)[0],
        "GET / HTTP/1.1\r\nConnection: close\r\nhost: b\r\nUser-agent: x\r\n\r\n"
    );
}

#[test]
fn a_head_request_is_known_as_one() {
    let mut wish = wish("/");
    wish.method = Some("HEAD".to_owned());
    assert!(wish.compile(&read).expect("sound").is_head);
}

#[test]
fn what_would_not_be_http_is_refused_with_its_remedy() {
    for (target, says) in [
        ("/a b", "%20"),
        ("/ä", "percent-encode"),
        ("/{sq}", "did you mean {seq}?"),
        ("/{rnad:1..2}", "did you mean {rand:1..1000}?"),
        ("/{name}", "there are {seq}"),
        ("/{rand:5}", "write {rand:1..1000}"),
        ("/{rand:9..1}", "is not a range"),
        ("/{line:none}", "{line:none}: cannot be read"),
        ("/{line:empty}", "has no lines"),
        ("/{line:words}", "line 2 has a space"),
        ("{line:words}", "line 1 does not begin with /"),
    ] {
        let error = refused(&wish(target));
        assert!(error.contains(says), "{target}: {error}");
    }
    for (field, says) in [
        ("no colon", "is not \"Name: value\""),
        ("a b: c", "is not \"Name: value\""),
        ("X: a\r\nY: b", "is not \"Name: value\""),
        ("content-length: 5", "follows from the body"),
    ] {
        let mut wish = wish("/");
        wish.fields = vec![field.to_owned()];
        assert!(refused(&wish).contains(says), "{field}");
    }
    for (method, says) in [
        ("CONNECT", "tunnel"),
        ("G ET", "one word"),
        ("", "one word"),
    ] {
        let mut wish = wish("/");
        wish.method = Some(method.to_owned());
        assert!(refused(&wish).contains(says), "{method}");
    }
    let many = "{seq}".repeat(300);
    assert!(refused(&wish(&format!("/{many}"))).contains("more than 256"));
}
