//! A server that answers `hello` and remembers what it was asked: a thread per connection, of
//! which a test opens few.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Requests that are remembered; more are answered and forgotten.
const REMEMBERED_MAX: usize = 1000;
/// How long a test waits for requests.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Request>>,
    changed: Condvar,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Server {
    /// Listens on a free port of loopback until the test process ends.
    pub(crate) fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let seen = Arc::new(Seen::default());
        let remembers = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = remembers.clone();
                std::thread::spawn(move || serve(stream, &seen));
            }
        });
        Server { address, seen }
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen
            .requests
            .lock()
            .expect("no thread panicked")
            .clone()
    }

    pub(crate) fn wait_for_requests(&self, count: usize) {
        let requests = self.seen.requests.lock().expect("no thread panicked");
        let is_short = |requests: &mut Vec<Request>| requests.len() < count;
        let waited = self
            .seen
            .changed
            .wait_timeout_while(requests, PATIENCE, is_short);
        assert!(
            !waited.expect("no thread panicked").1.timed_out(),
            "no requests came"
        );
    }
}

/// Answers until the peer has enough.
fn serve(stream: TcpStream, seen: &Seen) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    let mut number = 0_u64;
    loop {
        let request = read_request(&mut reader)?;
        number += 1;
        let content = if request.head.contains(" /changing ") {
            format!("{number:05}")
        } else {
            "hello".to_owned()
        };
        let response =
            format!("HTTP/1.1 200 OK\r\nX-Test: yes\r\nContent-Length: 5\r\n\r\n{content}");
        let mut requests = seen.requests.lock().ok()?;
        if requests.len() < REMEMBERED_MAX {
            requests.push(request);
        }
        drop(requests);
        seen.changed.notify_all();
        writer.write_all(response.as_bytes()).ok()?;
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let begin = head.len();
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        let line = &head[begin..];
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Request { head, body })
}
