//! A client over a raw socket: it sends what it is told, however broken, and reads strictly.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::response::{Response, parse_head};
use super::{DEADLINE, Server};

/// A head larger than this is not one of ours.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Every byte that was sent has been read, then the end (FIN).
    Closed,
    /// The peer gave it up (RST).
    Reset,
}

enum Wire {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// One connection.
pub(crate) struct Client {
    wire: Wire,
    /// Read, but not taken yet.
    buffer: Vec<u8>,
}

impl Client {
    /// Connects to the server's first address.
    #[track_caller]
    pub(crate) fn connect(server: &Server) -> Client {
        Client::connect_to(server.address())
    }

    /// Connects to an address.
    #[track_caller]
    pub(crate) fn connect_to(address: SocketAddr) -> Client {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).expect("connect");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        stream.set_read_timeout(Some(DEADLINE)).expect("deadline");
        stream.set_write_timeout(Some(DEADLINE)).expect("deadline");
        Client::over(Wire::Tcp(stream))
    }

    /// Over a connected TCP stream, as somebody has set it up.
    pub(crate) fn over_tcp(stream: TcpStream) -> Client {
        stream.set_read_timeout(Some(DEADLINE)).expect("deadline");
        stream.set_write_timeout(Some(DEADLINE)).expect("deadline");
        Client::over(Wire::Tcp(stream))
    }

    /// Connects to a unix socket.
    #[track_caller]
    pub(crate) fn connect_unix(path: &Path) -> Client {
        let stream = UnixStream::connect(path).expect("connect");
        stream.set_read_timeout(Some(DEADLINE)).expect("deadline");
        stream.set_write_timeout(Some(DEADLINE)).expect("deadline");
        Client::over(Wire::Unix(stream))
    }

    fn over(wire: Wire) -> Client {
        Client {
            wire,
            buffer: Vec::new(),
        }
    }

    /// Sends all of it.
    #[track_caller]
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("send");
    }

    /// Sends, where the server may have closed already.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.writer().write_all(bytes.as_ref())
    }

    /// Sends each byte by itself, until the server wants no more.
    pub(crate) fn send_byte_by_byte(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.try_send([*byte]).is_err() {
                return;
            }
        }
    }

    /// Says that nothing more comes.
    pub(crate) fn shut_down_sending(&self) {
        match &self.wire {
            Wire::Tcp(stream) => stream.shutdown(Shutdown::Write).expect("shutdown"),
            Wire::Unix(stream) => stream.shutdown(Shutdown::Write).expect("shutdown"),
        }
    }

    /// Reads the response to a request other than HEAD.
    #[track_caller]
    pub(crate) fn response(&mut self) -> Response {
        self.read_response(false).expect("a response")
    }

    /// Reads the response to a HEAD request.
    #[track_caller]
    pub(crate) fn response_to_head(&mut self) -> Response {
        self.read_response(true).expect("a response")
    }

    /// Reads a response, or says why there is no whole one.
    #[track_caller]
    pub(crate) fn read_response(&mut self, is_head: bool) -> io::Result<Response> {
        let head_bytes = self.fill_head()?;
        let head: Vec<u8> = self.buffer.drain(..head_bytes).collect();
        let head = parse_head(&head);
        let bodiless = head.status < 200 || head.status == 204 || head.status == 304;
        let content_bytes = match (bodiless || is_head, head.content_length) {
            (true, _) => 0,
            (false, Some(bytes)) => usize::try_from(bytes).expect("fits into memory"),
            (false, None) => panic!("content without Content-Length: {:?}", head.fields),
        };
        if head.status < 200 || head.status == 204 {
            // RFC 9110 §8.6
            assert_eq!(head.content_length, None, "{} has a length", head.status);
        }
        while self.buffer.len() < content_bytes {
            self.fill()?;
        }
        Ok(Response {
            status: head.status,
            fields: head.fields,
            content: self.buffer.drain(..content_bytes).collect(),
        })
    }

    /// `GET path` on this connection.
    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.get_with(path, &[])
    }

    /// `GET path` with more field lines.
    #[track_caller]
    pub(crate) fn get_with(&mut self, path: &str, lines: &[&str]) -> Response {
        self.send(request("GET", path, lines));
        self.response()
    }

    /// `HEAD path` with more field lines.
    #[track_caller]
    pub(crate) fn head_with(&mut self, path: &str, lines: &[&str]) -> Response {
        self.send(request("HEAD", path, lines));
        self.response_to_head()
    }

    /// Waits for the end of the connection; not one more byte may come.
    #[track_caller]
    pub(crate) fn ending(&mut self) -> Ending {
        let (rest, ending) = self.read_to_ending();
        let rest = String::from_utf8_lossy(&rest);
        assert!(rest.is_empty(), "bytes after the last response: {rest:?}");
        ending
    }

    /// Reads everything until the connection ends.
    #[track_caller]
    pub(crate) fn read_to_ending(&mut self) -> (Vec<u8>, Ending) {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(error) => {
                    let ending = match error.kind() {
                        io::ErrorKind::UnexpectedEof => Ending::Closed,
                        io::ErrorKind::ConnectionReset => Ending::Reset,
                        _ => panic!("the connection does not end: {error}"),
                    };
                    return (std::mem::take(&mut self.buffer), ending);
                }
            }
        }
    }

    /// Reads one byte.
    #[track_caller]
    pub(crate) fn take_byte(&mut self) -> u8 {
        if self.buffer.is_empty() {
            self.fill().expect("a byte");
        }
        self.buffer.remove(0)
    }

    /// Reads up to `bytes_max` bytes as they come, at least one.
    #[track_caller]
    pub(crate) fn read_some(&mut self, bytes_max: usize) -> io::Result<usize> {
        if self.buffer.is_empty() {
            self.fill()?;
        }
        let bytes = self.buffer.len().min(bytes_max);
        self.buffer.drain(..bytes);
        Ok(bytes)
    }

    /// Whether nothing comes for that long.
    pub(crate) fn is_silent_for(&mut self, time: Duration) -> bool {
        self.set_read_timeout(time);
        let read = self.fill();
        self.set_read_timeout(DEADLINE);
        matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    fn set_read_timeout(&self, time: Duration) {
        match &self.wire {
            Wire::Tcp(stream) => stream.set_read_timeout(Some(time)),
            Wire::Unix(stream) => stream.set_read_timeout(Some(time)),
        }
        .expect("deadline");
    }

    /// Reads until a whole head is there; its length.
    fn fill_head(&mut self) -> io::Result<usize> {
        let mut searched = 0;
        loop {
            let unsearched = &self.buffer[searched..];
            if let Some(at) = unsearched.windows(4).position(|four| four == b"\r\n\r\n") {
                return Ok(searched + at + 4);
            }
            assert!(self.buffer.len() < HEAD_BYTES_MAX, "an endless head");
            searched = self.buffer.len().saturating_sub(3);
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut space = vec![0; 64 * 1024];
        let read = loop {
            let read = match &mut self.wire {
                Wire::Tcp(stream) => stream.read(&mut space),
                Wire::Unix(stream) => stream.read(&mut space),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => break done,
            }
        };
        match read? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            bytes => {
                self.buffer.extend_from_slice(&space[..bytes]);
                Ok(())
            }
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.wire {
            Wire::Tcp(stream) => stream,
            Wire::Unix(stream) => stream,
        }
    }
}

/// A well-formed request without content.
pub(crate) fn request(method: &str, target: &str, lines: &[&str]) -> Vec<u8> {
    let mut request = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
    for line in lines {
        request.push_str(line);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request.into_bytes()
}
