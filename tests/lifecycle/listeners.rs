//! Where a server listens: both families, several places, unix sockets, many shards.

use std::fs;
use std::net::{Ipv6Addr, TcpListener};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::harness::{
    Client, Driver, Server, Site, for_both_drivers, ringmain, run_to_end, wait_until,
};

fn serve(driver: Driver, site: &Site, shards: &str, listen: &[&str]) -> Command {
    let mut command = ringmain();
    command.args(["serve", "--io", driver.flag(), "--shards", shards]);
    for address in listen {
        command.args(["--listen", address]);
    }
    command.arg(site.root());
    command
}

fn has_ipv6() -> bool {
    let has = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !has {
        println!("skipped: no IPv6 on this host");
    }
    has
}

fn the_line_tells_address_shards_and_driver(driver: Driver) {
    let site = Site::small();
    let name = driver.name();
    for (shards, said) in [("1", "1 shard"), ("2", "2 shards")] {
        let server = Server::start(&mut serve(driver, &site, shards, &["127.0.0.1:0"]), 1);
        let address = server.address();
        assert_ne!(address.port(), 0);
        let line = format!("ringmain: listening on http://{address} ({said}, {name})");
        assert_eq!(server.said(), [line]);
    }
}

fn several_addresses(driver: Driver) {
    let site = Site::small();
    let socket = site.beside("several.sock");
    let unix = format!("unix:{}", socket.display());
    let listen = ["127.0.0.1:0", "127.0.0.2:0", &unix];
    let server = Server::start(&mut serve(driver, &site, "2", &listen), 3);
    assert_eq!(server.addresses().len(), 2);
    for address in server.addresses() {
        for _ in 0..10 {
            let mut client = Client::connect_to(*address);
            client.get("/hello.txt").expect_content("Hello, world!");
        }
    }
    for _ in 0..10 {
        let mut client = Client::connect_unix(&socket);
        client.get("/hello.txt").expect_content("Hello, world!");
    }
}

fn ipv6(driver: Driver) {
    if !has_ipv6() {
        return;
    }
    let site = Site::small();
    let server = Server::start(&mut serve(driver, &site, "1", &["[::1]:0"]), 1);
    assert!(server.address().is_ipv6());
    server.get("/hello.txt").expect_content("Hello, world!");
}

fn a_port_alone_is_every_address_of_both_families(driver: Driver) {
    if !has_ipv6() {
        return;
    }
    let site = Site::small();
    let server = Server::start(&mut serve(driver, &site, "1", &[":0"]), 2);
    let port = server.address().port();
    assert!(
        server
            .addresses()
            .iter()
            .all(|address| address.port() == port)
    );
    for host in ["127.0.0.1", "127.0.0.9", "[::1]"] {
        let address = format!("{host}:{port}").parse().expect("an address");
        Client::connect_to(address)
            .get("/hello.txt")
            .expect_content("Hello, world!");
    }
}

fn a_unix_socket_comes_and_goes(driver: Driver) {
    let site = Site::small().with("large.bin", crate::harness::pattern(300_000));
    let socket = site.beside("server.sock");
    let listen = format!("unix:{}", socket.display());
    let server = Server::start(&mut serve(driver, &site, "2", &[&listen]), 1);
    let mut client = Client::connect_unix(&socket);
    client.get("/hello.txt").expect_content("Hello, world!");
    client
        .get("/large.bin")
        .expect_content(crate::harness::pattern(300_000));
    drop(client);
    server.signal(Signal::TERM);
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(!socket.exists(), "the socket file was left behind");
}

fn a_stale_socket_file_is_replaced(driver: Driver) {
    let site = Site::small();
    let socket = site.beside("stale.sock");
    drop(UnixListener::bind(&socket).expect("a socket"));
    assert!(socket.exists());
    let listen = format!("unix:{}", socket.display());
    let _server = Server::start(&mut serve(driver, &site, "1", &[&listen]), 1);
    Client::connect_unix(&socket)
        .get("/hello.txt")
        .expect_content("Hello, world!");
}

fn a_socket_or_file_of_somebody_else_is_left_alone(driver: Driver) {
    let site = Site::small();
    let taken = site.beside("taken.sock");
    let _listener = UnixListener::bind(&taken).expect("a socket");
    let file = site.beside("file.sock");
    fs::write(&file, "precious").expect("a file");
    for (path, word) in [(&taken, "in use"), (&file, "no socket")] {
        let listen = format!("unix:{}", path.display());
        let finished = run_to_end(&mut serve(driver, &site, "1", &[&listen]));
        assert_eq!(finished.code, Some(1), "{}", finished.stderr);
        assert!(finished.stderr.contains(word), "{}", finished.stderr);
        assert!(path.exists());
    }
    assert_eq!(fs::read(&file).expect("the file"), b"precious");
}

/// How often each shard's thread went to sleep.
fn sleeps_of_shards(server: &Server) -> Vec<u64> {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.pid())).expect("threads");
    let mut sleeps: Vec<(String, u64)> = tasks
        .filter_map(|task| {
            let path = task.ok()?.path();
            let name = fs::read_to_string(path.join("comm")).ok()?;
            let status = fs::read_to_string(path.join("status")).ok()?;
            let line = status
                .lines()
                .find(|line| line.starts_with("voluntary_ctxt"))?;
            let count = line.split_whitespace().nth(1)?.parse().ok()?;
            name.starts_with("shard-").then_some((name, count))
        })
        .collect();
    sleeps.sort();
    sleeps.into_iter().map(|(_, count)| count).collect()
}

fn connections_are_spread_over_the_shards(driver: Driver) {
    let site = Site::small();
    let server = Server::start(&mut serve(driver, &site, "2", &["127.0.0.1:0"]), 1);
    let before = sleeps_of_shards(&server);
    assert_eq!(before.len(), 2);
    for _ in 0..100 {
        server.get("/hello.txt").expect_content("Hello, world!");
    }
    wait_until("both shards have worked", || {
        let now = sleeps_of_shards(&server);
        now.iter()
            .zip(&before)
            .all(|(now, before)| *now >= before + 10)
    });
}

fn a_port_is_free_again_after_a_stop(driver: Driver) {
    let site = Site::small();
    let first = Server::start(&mut serve(driver, &site, "1", &["127.0.0.1:0"]), 1);
    let address = first.address().to_string();
    let mut client = Client::connect(&first);
    client.get("/hello.txt").expect_status(200);
    first.signal(Signal::TERM);
    // The server closes first, so the end of the connection is on its side.
    client.ending();
    drop(client);
    let (_, took) = first.wait();
    assert!(took < Duration::from_secs(3));
    // The old connection is in TIME_WAIT now, which must not matter.
    let second = Server::start(&mut serve(driver, &site, "1", &[&address]), 1);
    second.get("/hello.txt").expect_content("Hello, world!");
}

for_both_drivers![
    the_line_tells_address_shards_and_driver,
    several_addresses,
    ipv6,
    a_port_alone_is_every_address_of_both_families,
    a_unix_socket_comes_and_goes,
    a_stale_socket_file_is_replaced,
    a_socket_or_file_of_somebody_else_is_left_alone,
    connections_are_spread_over_the_shards,
    a_port_is_free_again_after_a_stop,
];
