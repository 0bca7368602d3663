//! What a request head costs: the short one of load generators, a browser's, a long one in many
//! fields; what it costs to find that a head is incomplete; and the head of a reply.

#![forbid(unsafe_code)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::{Limits, Parsed, ResponseHead, StatusCode, format_date, parse_request};

const SHORT: &[u8] = b"GET /1k.html HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

const BROWSER: &[u8] = b"GET /assets/site.css?v=3 HTTP/1.1\r\n\
    Host: www.example.org\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/css,*/*;q=0.1\r\n\
    Accept-Language: en-US,en;q=0.5\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Referer: https://www.example.org/\r\n\
    Connection: keep-alive\r\n\
    Cookie: session=3b1c6e2f9d8a47f0; theme=dark\r\n\
    Sec-Fetch-Dest: style\r\n\
    Sec-Fetch-Mode: no-cors\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    If-Modified-Since: Fri, 20 Nov 2026 08:00:00 GMT\r\n\
    If-None-Match: \"18a1f-5e2c\"\r\n\
    Priority: u=2\r\n\r\n";

fn request(criterion: &mut Criterion) {
    let limits = Limits::default();
    let fields: String = (0..90)
        .map(|n| format!("X-Field-{n}: {n:032}\r\n"))
        .collect();
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes();
    let mut group = criterion.benchmark_group("request head");
    for (name, head) in [("short", SHORT), ("browser", BROWSER), ("90 fields", &long)] {
        let complete = matches!(parse_request(head, &limits), Ok(Parsed::Complete { .. }));
        assert!(complete, "{name} is a request");
        group.throughput(Throughput::Bytes(head.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| parse_request(black_box(head), &limits).is_ok());
        });
    }
    let cut = &BROWSER[..BROWSER.len() - 1];
    assert!(matches!(parse_request(cut, &limits), Ok(Parsed::Partial)));
    group.bench_function("browser, one byte short", |bencher| {
        bencher.iter(|| parse_request(black_box(cut), &limits).is_ok());
    });
    group.finish();
}

fn reply(criterion: &mut Criterion) {
    let date = format_date(1_795_000_000);
    let mut out = Vec::with_capacity(1024);
    criterion.bench_function("response head", |bencher| {
        bencher.iter(|| {
            out.clear();
            ResponseHead::new(&mut out, black_box(StatusCode::OK))
                .date(&date)
                .content_length(black_box(13))
                .end();
            black_box(out.len())
        });
    });
}

criterion_group!(head, request, reply);
criterion_main!(head);
