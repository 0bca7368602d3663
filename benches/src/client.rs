//! One request and its answer on a blocking connection: to check a server before it is loaded and
//! to make idle connections of it. It measures nothing.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a server may take for one answer.
const ANSWER: Duration = Duration::from_secs(10);
/// The longest answer: a file of 1 MiB with its head.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most fields of a response head.
const FIELDS_MAX: usize = 64;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// As long as Content-Length says.
    pub body: Vec<u8>,
}

/// A connection on which a silent server is an error and not a hang.
pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_write_timeout(Some(ANSWER))?;
    Ok(stream)
}

/// Asks for `path` and waits for the whole answer; the connection stays open.
pub fn exchange(stream: &mut TcpStream, path: &str) -> io::Result<Answer> {
    let host = stream.peer_addr()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        match stream.read(&mut chunk)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
        if let Some(answer) = parse(&bytes)? {
            return Ok(answer);
        }
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(io::Error::other("an answer of more than 2 MiB"));
        }
    }
}

/// `None` while the answer is incomplete.
fn parse(bytes: &[u8]) -> io::Result<Option<Answer>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let head = match response.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(io::Error::other(error.to_string())),
    };
    let length = response
        .headers
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case("content-length"))
        .and_then(|field| std::str::from_utf8(field.value).ok()?.parse::<usize>().ok())
        .ok_or_else(|| io::Error::other("an answer without Content-Length"))?;
    let body = &bytes[head..];
    match body.len() >= length {
        true => Ok(Some(Answer {
            status: response.code.unwrap_or(0),
            body: body.to_vec(),
        })),
        false => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::REPLY;

    #[test]
    fn an_answer_is_whole_at_its_last_byte() {
        for cut in 0..REPLY.len() {
            let parsed = parse(&REPLY[..cut]).expect("a cut answer is not malformed");
            assert_eq!(parsed, None, "cut at {cut}");
        }
        let expected = Answer {
            status: 200,
            body: b"Hello, world!".to_vec(),
        };
        assert_eq!(parse(REPLY).ok(), Some(Some(expected)));
    }

    #[test]
    fn an_answer_without_length_is_refused() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
