//! The cache is bounded in bytes and in open files, and what does not fit is served all the same.

use crate::harness::{Client, Driver, Server, Site, for_both_drivers, pattern};

fn more_files_than_the_cache_holds_are_served(driver: Driver) {
    let site = Site::new();
    for number in 0..100 {
        site.write(format!("{number}.bin"), &pattern(1000 + number)[number..]);
    }
    for (bytes, file_bytes) in [("0B", "0B"), ("1KiB", "1KiB"), ("20KiB", "1KiB")] {
        let server = Server::run(
            driver,
            &site,
            &format!(
                "cache = {{ bytes = \"{bytes}\", file_bytes = \"{file_bytes}\" }}\n\
                 [[route]]\nfiles = \"public\"\n"
            ),
        );
        let mut client = Client::connect(&server);
        for _ in 0..2 {
            for number in 0..100 {
                let content = &pattern(1000 + number)[number..];
                client
                    .get(&format!("/{number}.bin"))
                    .expect_content(content);
            }
        }
    }
}

fn the_cache_does_not_grow_beyond_its_bytes(driver: Driver) {
    let site = Site::new();
    for number in 0..600 {
        site.write(format!("{number}.bin"), vec![b'x'; 30_000]);
    }
    let server = Server::run(
        driver,
        &site,
        "cache = { bytes = \"1MiB\" }\n[[route]]\nfiles = \"public\"\n",
    );
    let read_all = || {
        let mut client = Client::connect(&server);
        for number in 0..600 {
            client.get(&format!("/{number}.bin")).expect_status(200);
        }
    };
    read_all();
    let before = server.resident_kib();
    read_all();
    let after = server.resident_kib();
    // 600 files are 18 MB; the allocator's own habits get 6.
    assert!(
        after < 30_000 && after <= before + 6_000,
        "{before} KiB, then {after} KiB"
    );
}

fn open_files_are_bounded(driver: Driver) {
    let site = Site::new();
    for number in 0..40 {
        site.write(format!("{number}.bin"), pattern(50_000));
    }
    let server = Server::run(
        driver,
        &site,
        "cache = { open_files = 10 }\n[[route]]\nfiles = \"public\"\n",
    );
    let root = site.root().canonicalize().expect("the root");
    let mut client = Client::connect(&server);
    for _ in 0..2 {
        for number in 0..40 {
            let path = format!("/{number}.bin");
            client.get(&path).expect_content(pattern(50_000));
        }
    }
    let open = server.open_files(|path| path.starts_with(&root) && path != root);
    assert!(open <= 10, "{open} open files");
    // They are kept open at all: that is what the bound is for.
    assert!(open >= 5, "{open} open files");
}

fn no_open_file_is_kept_where_none_is_allowed(driver: Driver) {
    let site = Site::new().with("large.bin", pattern(100_000));
    let server = Server::run(
        driver,
        &site,
        "cache = { open_files = 0, bytes = \"0B\", file_bytes = \"0B\" }\n[[route]]\nfiles = \"public\"\n",
    );
    let root = site.root().canonicalize().expect("the root");
    for _ in 0..3 {
        server.get("/large.bin").expect_content(pattern(100_000));
    }
    crate::harness::wait_until("no file is open", || {
        server.open_files(|path| path.starts_with(&root) && path != root) == 0
    });
}

for_both_drivers![
    more_files_than_the_cache_holds_are_served,
    the_cache_does_not_grow_beyond_its_bytes,
    open_files_are_bounded,
    no_open_file_is_kept_where_none_is_allowed,
];
