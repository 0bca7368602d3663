//! One signal stops in order, a second one at once.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::{Client, Driver, Server, Site, for_both_drivers, request};

fn each_signal_stops_in_order(driver: Driver) {
    for signal in [Signal::TERM, Signal::INT] {
        let site = Site::small();
        let server = Server::serve(driver, &site, &[]);
        server.get("/hello.txt").expect_status(200);
        server.signal(signal);
        let (status, took) = server.wait();
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert!(took < Duration::from_secs(3), "{signal:?}: {took:?}");
    }
}

fn a_second_signal_stops_at_once(driver: Driver) {
    for second in [Signal::TERM, Signal::INT] {
        let site = Site::new();
        let file = std::fs::File::create(site.path("large.bin")).expect("a file");
        file.set_len(256 * 1024 * 1024).expect("a sparse file");
        let mut server = Server::serve(driver, &site, &[]);
        let mut stalled = Client::connect(&server);
        stalled.send(request("GET", "/large.bin", &[]));
        stalled.read_some(1).expect("a beginning");
        server.signal(Signal::TERM);
        server.wait_until_closed();
        assert!(server.is_running(), "the download was not waited for");
        let began = Instant::now();
        server.signal(second);
        let (status, _) = server.wait();
        assert_eq!(status.code(), Some(0), "{second:?}");
        let took = began.elapsed();
        assert!(took < Duration::from_secs(2), "{second:?}: {took:?}");
    }
}

fn signals_during_the_start_are_not_lost(driver: Driver) {
    let site = Site::small();
    for _ in 0..5 {
        let server = Server::serve(driver, &site, &[]);
        // At the earliest moment that anybody can know of.
        server.signal(Signal::TERM);
        let (status, took) = server.wait();
        assert_eq!(status.code(), Some(0));
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}

for_both_drivers![
    each_signal_stops_in_order,
    a_second_signal_stops_at_once,
    signals_during_the_start_are_not_lost,
];
