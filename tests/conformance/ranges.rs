//! RFC 9110 §14: ranges, of a file in memory and of one on disk alike.

use super::answer;
use crate::harness::{Driver, Response, Server, Site, for_both_drivers, pattern, request};

/// A file that the cache holds and one that is sent from the page cache.
const SIZES: [usize; 2] = [10_000, 100_000];

fn with_files(driver: Driver) -> (Site, Server) {
    let site = Site::small();
    for size in SIZES {
        site.write(format!("{size}.bin"), pattern(size));
    }
    let server = Server::serve(driver, &site, &[]);
    (site, server)
}

#[track_caller]
fn ask(server: &Server, size: usize, lines: &[&str]) -> Response {
    answer(server, request("GET", &format!("/{size}.bin"), lines))
}

/// One part of multipart/byteranges.
struct Part {
    content_type: String,
    content_range: String,
    content: Vec<u8>,
}

/// The parts by RFC 2046 §5.1.1, and nothing beside them.
#[track_caller]
fn parts(response: &Response) -> Vec<Part> {
    let content_type = response.expect_field("content-type");
    let boundary = content_type
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap_or_else(|| panic!("{content_type}"))
        .trim_matches('"');
    let mut rest = response.content.as_slice();
    let opening = format!("--{boundary}\r\n");
    let delimiter = format!("\r\n--{boundary}");
    rest = rest
        .strip_prefix(b"\r\n".as_slice())
        .unwrap_or(rest)
        .strip_prefix(opening.as_bytes())
        .expect("an opening delimiter");
    let mut parts = Vec::new();
    loop {
        let head_bytes = find(rest, b"\r\n\r\n").expect("a part's head");
        let head = String::from_utf8(rest[..head_bytes].to_vec()).expect("ASCII");
        rest = &rest[head_bytes + 4..];
        let field = |name: &str| {
            let mut lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
            let value = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
            value
                .unwrap_or_else(|| panic!("no {name} in {head}"))
                .1
                .to_owned()
        };
        let content_bytes = find(rest, delimiter.as_bytes()).expect("a delimiter");
        parts.push(Part {
            content_type: field("content-type"),
            content_range: field("content-range"),
            content: rest[..content_bytes].to_vec(),
        });
        rest = &rest[content_bytes + delimiter.len()..];
        if rest == b"--\r\n" || rest == b"--" {
            return parts;
        }
        rest = rest.strip_prefix(b"\r\n".as_slice()).expect("a line end");
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// RFC 9110 §15.3.7.1: "If a single part is being transferred, the server generating the 206
/// response MUST generate a Content-Range header field, describing what range of the selected
/// representation is enclosed, and a content consisting of the range."
fn a_single_range(driver: Driver) {
    let (_site, server) = with_files(driver);
    for size in SIZES {
        let file = pattern(size);
        let last = size - 1;
        for (value, first, end) in [
            ("bytes=0-0".to_owned(), 0, 0),
            ("bytes=0-499".to_owned(), 0, 499),
            ("bytes=500-999".to_owned(), 500, 999),
            ("bytes=9500-".to_owned(), 9500, last),
            ("bytes=-1".to_owned(), last, last),
            ("bytes=-500".to_owned(), size - 500, last),
            ("bytes=-999999999".to_owned(), 0, last),
            ("bytes=9000-999999999".to_owned(), 9000, last),
            (format!("bytes={last}-"), last, last),
            ("bytes=0-18446744073709551615".to_owned(), 0, last),
            ("BYTES=1-2".to_owned(), 1, 2),
            ("bytes= 1-2 ,".to_owned(), 1, 2),
        ] {
            let part = ask(&server, size, &[&format!("Range: {value}")]).expect_status(206);
            let range = format!("bytes {first}-{end}/{size}");
            assert_eq!(part.expect_field("content-range"), range, "{value}");
            assert!(part.content == file[first..=end], "{value}");
        }
        let whole = ask(&server, size, &[]).expect_content(&file);
        assert_eq!(whole.expect_field("accept-ranges"), "bytes");
    }
}

/// RFC 9110 §15.3.7.2: "If multiple parts are being transferred, the server generating the 206
/// response MUST generate "multipart/byteranges" content, as defined in Section 14.6, and a
/// Content-Type header field containing the "multipart/byteranges" media type and its required
/// boundary parameter."
fn several_ranges(driver: Driver) {
    let (_site, server) = with_files(driver);
    for size in SIZES {
        let file = pattern(size);
        let several = ask(&server, size, &["Range: bytes=0-9,500-599, -7"]).expect_status(206);
        // "To avoid confusion with single-part responses, a server MUST NOT generate a
        // Content-Range header field in the HTTP header section of a multiple part response"
        assert_eq!(several.field("content-range"), None);
        let parts = parts(&several);
        let ranges = [(0, 9), (500, 599), (size - 7, size - 1)];
        assert_eq!(parts.len(), ranges.len());
        for (part, (first, last)) in parts.iter().zip(ranges) {
            assert_eq!(part.content_range, format!("bytes {first}-{last}/{size}"));
            assert_eq!(part.content_type, "application/octet-stream");
            assert!(part.content == file[first..=last]);
        }
    }
}

/// RFC 9110 §15.3.7.2: "When multiple ranges are requested, a server MAY coalesce any of the
/// ranges that overlap, or that are separated by a gap that is smaller than the overhead of
/// sending multiple parts, regardless of the order in which the corresponding range-spec appeared
/// in the received Range header field."
fn overlapping_ranges_are_coalesced(driver: Driver) {
    let (_site, server) = with_files(driver);
    for size in SIZES {
        let file = pattern(size);
        for value in [
            "0-99,50-199",
            "50-199,0-99",
            "0-99,100-199",
            "0-199,0-199,0-199,5-5",
        ] {
            let one = ask(&server, size, &[&format!("Range: bytes={value}")]).expect_status(206);
            assert_eq!(
                one.expect_field("content-range"),
                format!("bytes 0-199/{size}")
            );
            assert!(one.content == file[..200], "{value}");
        }
        // The same byte a thousand times is never sent a thousand times.
        let many = vec!["0-"; 16].join(",");
        let one = ask(&server, size, &[&format!("Range: bytes={many}")]);
        assert!(one.content.len() <= size, "{}", one.summary());
    }
}

/// RFC 9110 §14.2: "A server that supports range requests MAY ignore or reject a Range header
/// field that contains an invalid ranges-specifier (Section 14.1.1), a ranges-specifier with more
/// than two overlapping ranges, or a set of many small ranges that are not listed in ascending
/// order, since these are indications of either a broken client or a deliberate denial-of-service
/// attack (Section 17.15)."
fn malformed_and_too_many_ranges_are_ignored(driver: Driver) {
    let (_site, server) = with_files(driver);
    let list = |ranges: usize| {
        let ranges: Vec<String> = (0..ranges).map(|at| format!("{0}-{0}", at * 200)).collect();
        format!("bytes={}", ranges.join(","))
    };
    for size in SIZES {
        let file = pattern(size);
        assert_eq!(
            parts(&ask(&server, size, &[&format!("Range: {}", list(16))])).len(),
            16
        );
        for value in [
            list(17),
            "bytes=".to_owned(),
            "bytes=-".to_owned(),
            "bytes=5".to_owned(),
            "bytes=9-5".to_owned(),
            "bytes=a-b".to_owned(),
            "bytes=+1-2".to_owned(),
            "bytes=1-2-3".to_owned(),
            "bytes=0x1-0x2".to_owned(),
            "bytes 1-2".to_owned(),
            "bytes=1-2;3-4".to_owned(),
            "bytes=1-2,x".to_owned(),
        ] {
            ask(&server, size, &[&format!("Range: {value}")]).expect_content(&file);
        }
    }
}

/// RFC 9110 §14.2: "An origin server MUST ignore a Range header field that contains a range unit
/// it does not understand."
fn other_units_are_ignored(driver: Driver) {
    let (_site, server) = with_files(driver);
    for value in ["lines=1-2", "byte=1-2", "none"] {
        ask(&server, SIZES[0], &[&format!("Range: {value}")]).expect_content(pattern(SIZES[0]));
    }
}

/// RFC 9110 §15.5.17: "A server that generates a 416 response to a byte-range request SHOULD
/// generate a Content-Range header field specifying the current length of the selected
/// representation (Section 14.4)."
fn what_lies_behind_the_end_is_416(driver: Driver) {
    let (site, server) = with_files(driver);
    for size in SIZES {
        for value in [
            format!("bytes={size}-"),
            format!("bytes={size}-{size}"),
            "bytes=-0".to_owned(),
            "bytes=18446744073709551615-".to_owned(),
            format!("bytes={size}-,-0"),
        ] {
            let none = ask(&server, size, &[&format!("Range: {value}")]).expect_status(416);
            assert_eq!(
                none.expect_field("content-range"),
                format!("bytes */{size}")
            );
        }
        // One that can be satisfied is enough.
        let some = ask(&server, size, &[&format!("Range: bytes={size}-,0-4")]).expect_status(206);
        assert!(some.content == pattern(5));
    }
    site.write("empty.bin", "");
    let empty = answer(&server, request("GET", "/empty.bin", &["Range: bytes=0-"]));
    assert!(matches!(empty.status, 200 | 416), "{}", empty.summary());
}

/// RFC 9110 §14.2: "A server MUST ignore a Range header field received with a request method that
/// is unrecognized or for which range handling is not defined. For this specification, GET is the
/// only method for which range handling is defined."
fn head_has_no_ranges(driver: Driver) {
    let (_site, server) = with_files(driver);
    let head = answer(
        &server,
        request("HEAD", "/10000.bin", &["Range: bytes=0-9"]),
    );
    assert_eq!(head.status, 200);
    assert_eq!(head.expect_field("content-length"), "10000");
    answer(
        &server,
        request("HEAD", "/10000.bin", &["Range: bytes=99999-"]),
    )
    .expect_status(200);
}

/// RFC 9110 §13.1.5: "A recipient of an If-Range header field MUST ignore the Range header field
/// if the If-Range condition evaluates to false."
fn if_range(driver: Driver) {
    let (_site, server) = with_files(driver);
    for size in SIZES {
        let file = pattern(size);
        let tag = ask(&server, size, &[]).expect_field("etag").to_owned();
        let range = "Range: bytes=0-9";
        let part = ask(&server, size, &[range, &format!("If-Range: {tag}")]).expect_status(206);
        assert_eq!(part.expect_field("etag"), tag);
        for validator in [
            "\"other\"".to_owned(),
            format!("W/{tag}"),
            "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(),
            "nonsense".to_owned(),
        ] {
            ask(&server, size, &[range, &format!("If-Range: {validator}")]).expect_content(&file);
        }
        // "A server MUST ignore an If-Range header field received in a request that does not
        // contain a Range header field."
        ask(&server, size, &[&format!("If-Range: {tag}")]).expect_content(&file);
    }
}

/// RFC 9110 §14.2: "The Range header field is evaluated after evaluating the precondition header
/// fields defined in Section 13.1, and only if the result in absence of the Range header field
/// would be a 200 (OK) response."
fn conditions_come_before_ranges(driver: Driver) {
    let (_site, server) = with_files(driver);
    let tag = ask(&server, SIZES[0], &[]).expect_field("etag").to_owned();
    let range = "Range: bytes=0-9";
    ask(
        &server,
        SIZES[0],
        &[range, &format!("If-None-Match: {tag}")],
    )
    .expect_status(304);
    ask(&server, SIZES[0], &[range, "If-Match: \"other\""]).expect_status(412);
    answer(&server, request("GET", "/missing", &[range])).expect_status(404);
}

for_both_drivers![
    a_single_range,
    several_ranges,
    overlapping_ranges_are_coalesced,
    malformed_and_too_many_ranges_are_ignored,
    other_units_are_ignored,
    what_lies_behind_the_end_is_416,
    head_has_no_ranges,
    if_range,
    conditions_come_before_ranges,
];
