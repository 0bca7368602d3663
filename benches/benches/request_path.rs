//! What a request costs between a receive and a send: routing alone, and the whole way from bytes
//! to a response out of the cache.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use ringmain::config::{Config, Folder};
use ringmain::measure::{RequestPath, with_request_path};

const REQUEST: &[u8] = b"GET /1k.html HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
const FIXED: &[u8] = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
const REVALIDATED: &[u8] = b"GET /1k.html HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\
    If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n\r\n";

fn config(folder: &Path) -> Config {
    let mut text = format!(
        "[cache]\nrevalidate = \"1s\"\n\
         [[route]]\npath = \"/\"\nfiles = {folder:?}\n\
         [[route]]\npath = \"/hello\"\nreply = {{ body = \"Hello, world!\" }}\n"
    );
    for n in 0..20 {
        text += &format!("[[route]]\npath = \"/section/{n}\"\nreply = {{ body = \"{n}\" }}\n");
    }
    let file = Path::new("bench.toml");
    Config::parse(file, &text, folder, &|_| Folder::Present).expect("a valid config")
}

fn request_path(_: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("1k.html"), [b'x'; 1024]).expect("a file");
    // A shard runs on a thread of its own, and so does what is measured.
    with_request_path(&config(folder.path()), async |path: &RequestPath| {
        let mut criterion = Criterion::default().configure_from_args();
        routing(&mut criterion, path);
        path.warm("/1k.html").await;
        // The shard's time stands still here, so the cache stays fresh.
        for (name, request) in [
            ("cached file of 1 KiB", REQUEST),
            ("cached file, not modified", REVALIDATED),
            ("fixed reply", FIXED),
        ] {
            assert!(path.answer(request).is_some(), "{name} is answered at once");
            criterion.bench_function(name, |bencher| {
                bencher.iter(|| path.answer(black_box(request)));
            });
        }
    })
    .expect("a shard");
}

fn routing(criterion: &mut Criterion, path: &RequestPath) {
    let mut group = criterion.benchmark_group("route among 22");
    for wanted in [
        "/",
        "/hello",
        "/section/19/deep/below",
        "/nowhere/in/particular",
    ] {
        assert!(path.route(None, wanted.as_bytes()));
        group.bench_function(wanted, |bencher| {
            bencher.iter(|| path.route(Some("127.0.0.1"), black_box(wanted.as_bytes())));
        });
    }
    group.finish();
}

criterion_group!(benches, request_path);
criterion_main!(benches);
