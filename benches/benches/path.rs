//! What a canonical path costs: one that is canonical already (no allocation), one that must be
//! decoded, one that is refused, and the longest.

#![forbid(unsafe_code)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use http::CanonicalPath;

fn path(criterion: &mut Criterion) {
    let long = "/segment".repeat(500);
    let cases = [
        ("short", "/1k.html", true),
        ("canonical", "/assets/fonts/inter/inter-regular.woff2", true),
        ("encoded", "/docs/a%20b/./caf%C3%A9//index.html", true),
        ("climbing", "/assets/%2e%2e/%2e%2e/etc/passwd", false),
        ("4,000 bytes", &long, true),
    ];
    let mut group = criterion.benchmark_group("canonical path");
    for (name, raw, accepted) in cases {
        assert_eq!(CanonicalPath::parse(raw).is_ok(), accepted, "{name}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| CanonicalPath::parse(black_box(raw)).is_ok());
        });
    }
    group.finish();
}

criterion_group!(paths, path);
criterion_main!(paths);
