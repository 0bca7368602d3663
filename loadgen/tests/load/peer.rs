//! A server of a few lines on plain threads, with nothing of ours in it: it answers as the test
//! tells it and counts what it saw.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the peer does with a request.
pub(crate) enum Answer {
    /// These bytes, and the connection stays.
    Send(Vec<u8>),
    /// These bytes in two pieces with a pause between them.
    SendSplit(Vec<u8>, usize),
    /// These bytes, then an orderly end.
    SendAndClose(Vec<u8>),
    /// A reset.
    Reset,
    /// Nothing, for as long as the connection lasts.
    Silence,
}

/// A request as the peer saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) head: String,
    /// Which connection of the peer, which request of that connection.
    pub(crate) connection: u64,
    pub(crate) number: u64,
}

impl Seen {
    pub(crate) fn target(&self) -> &str {
        self.head.split(' ').nth(1).expect("a request line")
    }
}

/// The peer; stops when dropped.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
}

impl Peer {
    pub(crate) fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let peer = Peer {
            address: listener.local_addr().expect("bound"),
            seen: Arc::default(),
            connections: Arc::default(),
            is_over: Arc::default(),
        };
        let (seen, connections, is_over) = (
            peer.seen.clone(),
            peer.connections.clone(),
            peer.is_over.clone(),
        );
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let connection = connections.fetch_add(1, Ordering::Relaxed);
                let (seen, answer) = (seen.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, connection, &seen, &*answer));
            }
        });
        peer
    }

    /// Every request seen so far, in no order among connections.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic under the lock").clone()
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// A good response with this content.
pub(crate) fn ok(content: &str) -> Vec<u8> {
    let length = content.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{content}").into_bytes()
}

/// A good response that says that the connection ends.
pub(crate) fn ok_and_close(content: &str) -> Vec<u8> {
    let length = content.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{content}")
        .into_bytes()
}

fn serve(
    mut stream: TcpStream,
    connection: u64,
    seen: &Mutex<Vec<Seen>>,
    answer: &dyn Fn(&Seen) -> Answer,
) {
    let _ = stream.set_nodelay(true);
    let mut bytes = Vec::new();
    let mut buffer = [0; 65536];
    for number in 0.. {
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        bytes.drain(..end);
        let request = Seen {
            head,
            connection,
            number,
        };
        seen.lock()
            .expect("no panic under the lock")
            .push(request.clone());
        match answer(&request) {
            Answer::Send(response) => {
                if stream.write_all(&response).is_err() {
                    return;
                }
            }
            Answer::SendSplit(response, at) => {
                let _ = stream.write_all(&response[..at]);
                std::thread::sleep(Duration::from_millis(5));
                let _ = stream.write_all(&response[at..]);
            }
            Answer::SendAndClose(response) => {
                let _ = stream.write_all(&response);
                let _ = stream.shutdown(std::net::Shutdown::Write);
                while matches!(stream.read(&mut buffer), Ok(count) if count > 0) {}
                return;
            }
            Answer::Reset => {
                let socket = socket2::SockRef::from(&stream);
                let _ = socket.set_linger(Some(Duration::ZERO));
                return;
            }
            Answer::Silence => {
                while matches!(stream.read(&mut buffer), Ok(count) if count > 0) {}
                return;
            }
        }
    }
}
