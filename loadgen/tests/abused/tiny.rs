//! A server of a few lines, a thread per connection, with limits that a test can wait for.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use http::{Limits, Parsed, StatusCode};

/// Time for a head, and for a write to be taken.
const PATIENCE: Duration = Duration::from_millis(300);
const HEAD_BYTES_MAX: usize = 8 * 1024;
const CONTENT: &[u8] = &[b'x'; 256 * 1024];

/// How it takes what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temper {
    /// Refuses what is not HTTP, too long or too late.
    Strict,
    /// Answers 200 to everything that has an end.
    Lenient,
    /// Serves one connection after the other, without limits in time.
    Serial,
}

/// Runs until the test's process ends.
pub(crate) struct Tiny {
    pub(crate) address: SocketAddr,
}

impl Tiny {
    pub(crate) fn start(temper: Temper) -> Tiny {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serve = move || drop(serve(stream, temper));
                if temper == Temper::Serial {
                    serve();
                } else {
                    std::thread::spawn(serve);
                }
            }
        });
        Tiny { address }
    }
}

fn serve(mut stream: TcpStream, temper: Temper) -> io::Result<()> {
    let mut held = Vec::new();
    if temper != Temper::Serial {
        stream.set_write_timeout(Some(PATIENCE))?;
    }
    loop {
        let status = match next_head(&mut stream, &mut held, temper)? {
            Head::Fine => "200 OK",
            Head::Bad => "400 Bad Request",
            Head::Late => "408 Request Timeout",
            Head::Long => "431 Request Header Fields Too Large",
            Head::End => return Ok(()),
        };
        let content = if status.starts_with("200") {
            CONTENT
        } else {
            b""
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(content)?;
        if content.is_empty() {
            stream.shutdown(Shutdown::Write)?;
            return discard(&mut stream);
        }
    }
}

enum Head {
    Fine,
    Bad,
    Late,
    Long,
    /// Silence, or the client's end.
    End,
}

fn next_head(stream: &mut TcpStream, held: &mut Vec<u8>, temper: Temper) -> io::Result<Head> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(head) = judge(held, temper) {
            return Ok(head);
        }
        if temper != Temper::Serial {
            let left = deadline.saturating_duration_since(Instant::now());
            stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        }
        let mut piece = [0; 16 * 1024];
        match stream.read(&mut piece) {
            Ok(0) => return Ok(Head::End),
            Ok(length) => held.extend_from_slice(&piece[..length]),
            Err(_) if held.is_empty() => return Ok(Head::End),
            Err(_) => return Ok(Head::Late),
        }
        if Instant::now() >= deadline && temper != Temper::Serial {
            return Ok(Head::Late);
        }
    }
}

/// `None`: more is needed.
fn judge(held: &mut Vec<u8>, temper: Temper) -> Option<Head> {
    if temper == Temper::Lenient {
        let end = held.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        held.drain(..end + 4);
        return Some(Head::Fine);
    }
    match http::parse_request(held, &Limits::default()) {
        Ok(Parsed::Complete { head, consumed }) => {
            let is_bad = head.fields.contains(http::Field::TransferEncoding);
            held.drain(..consumed);
            Some(if is_bad { Head::Bad } else { Head::Fine })
        }
        Ok(Parsed::Partial) if held.len() <= HEAD_BYTES_MAX => None,
        Ok(Parsed::Partial) => Some(Head::Long),
        Err(error) if error.status() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            Some(Head::Long)
        }
        Err(_) => Some(Head::Bad),
    }
}

/// Lets the client read the answer before a reset.
fn discard(stream: &mut TcpStream) -> io::Result<()> {
    let mut left = 1024 * 1024_usize;
    let mut piece = [0; 16 * 1024];
    stream.set_read_timeout(Some(PATIENCE))?;
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        left = left.saturating_sub(length);
        if left == 0 {
            break;
        }
    }
    Ok(())
}
