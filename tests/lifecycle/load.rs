//! SIGTERM under load: every request that was sent on a connection gets its whole response.

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::{
    Client, DEADLINE, Driver, Ending, Server, Site, for_both_drivers, pattern, request, wait_until,
};

/// How a client uses its connections.
#[derive(Clone, Copy)]
enum Habit {
    /// As many requests as the server allows.
    KeepAlive,
    /// One request, then a new connection.
    Close,
}

/// What all clients together saw.
#[derive(Default)]
struct Tally {
    answered: AtomicUsize,
    /// After the signal was sent.
    answered_late: AtomicUsize,
    signaled: AtomicBool,
}

impl Tally {
    fn count(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        if self.signaled.load(Ordering::Relaxed) {
            self.answered_late.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Asks until nobody listens any more; panics where an answer is missing or incomplete.
fn ask_until_refused(address: SocketAddr, habit: Habit, content: &[u8], tally: &Tally) {
    let lines: &[&str] = match habit {
        Habit::KeepAlive => &[],
        Habit::Close => &["Connection: close"],
    };
    let asked = request("GET", "/file.bin", lines);
    let began = Instant::now();
    // Refused: never accepted, so nothing is lost.
    while let Ok(stream) = TcpStream::connect(address) {
        assert!(began.elapsed() < DEADLINE, "it never stops listening");
        let mut client = Client::over_tcp(stream);
        for number in 1.. {
            let answer = client
                .try_send(&asked)
                .and_then(|()| client.read_response(false))
                .unwrap_or_else(|error| panic!("request {number} of a connection lost: {error}"));
            let is_last = answer.says_close();
            answer.expect_content(content);
            tally.count();
            if is_last {
                break;
            }
        }
        if tally.signaled.load(Ordering::Relaxed) {
            // Clients that know go elsewhere. One that connects in the microsecond in which the
            // listener is closed is reset by the kernel, which no server can prevent.
            return;
        }
    }
}

fn no_accepted_request_is_lost(driver: Driver) {
    // From memory and from the page cache.
    for bytes in [1000, 200_000] {
        let content = pattern(bytes);
        let site = Site::new().with("file.bin", &content);
        let mut command = crate::harness::ringmain();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--shards", "2"])
            .args(["--io", driver.flag()])
            .arg(site.root());
        let server = Server::start(&mut command, 1);
        let address = server.address();
        let tally = Tally::default();
        std::thread::scope(|scope| {
            for habit in [
                Habit::KeepAlive,
                Habit::Close,
                Habit::KeepAlive,
                Habit::Close,
            ] {
                let (content, tally) = (&content, &tally);
                scope.spawn(move || ask_until_refused(address, habit, content, tally));
            }
            wait_until("there is load", || {
                tally.answered.load(Ordering::Relaxed) > 200
            });
            tally.signaled.store(true, Ordering::Relaxed);
            server.signal(Signal::TERM);
        });
        assert!(tally.answered_late.load(Ordering::Relaxed) > 0);
        let (status, took) = server.wait();
        assert_eq!(status.code(), Some(0));
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

fn connections_that_wait_in_the_kernel_are_served(driver: Driver) {
    let site = Site::small();
    let server = Server::serve(driver, &site, &[]);
    // All at once, just before the signal: some are accepted only after it.
    let mut clients: Vec<Client> = (0..200).map(|_| Client::connect(&server)).collect();
    server.signal(Signal::TERM);
    for client in &mut clients {
        client.send(request("GET", "/hello.txt", &[]));
    }
    for mut client in clients {
        client.response().expect_content("Hello, world!");
    }
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
}

fn connections_beyond_the_limit_are_served_too(driver: Driver) {
    let site = Site::small();
    let server = Server::run(
        driver,
        &site,
        "limits = { connections_per_shard = 2 }\n[[route]]\nfiles = \"public\"\n",
    );
    let mut inside: Vec<Client> = (0..2).map(|_| Client::connect(&server)).collect();
    for client in &mut inside {
        client.get("/hello.txt").expect_content("Hello, world!");
    }
    let mut waiting: Vec<Client> = (0..4).map(|_| Client::connect(&server)).collect();
    for client in &mut waiting {
        client.send(request("GET", "/hello.txt", &["Connection: close"]));
    }
    server.signal(Signal::TERM);
    // Those inside say nothing more; their places are free once their last call is over.
    for mut client in inside {
        assert_eq!(client.ending(), Ending::Closed);
    }
    for mut client in waiting {
        client.response().expect_content("Hello, world!");
    }
    let (status, _) = server.wait();
    assert_eq!(status.code(), Some(0));
}

for_both_drivers![
    no_accepted_request_is_lost,
    connections_that_wait_in_the_kernel_are_served,
    connections_beyond_the_limit_are_served_too,
];
