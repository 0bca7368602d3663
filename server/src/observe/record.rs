//! One request as a line of JSON.
//!
//! A line is valid UTF-8 and valid JSON whatever the client sent: bytes of the path that are not
//! UTF-8 are written percent-encoded, which names the same resource (RFC 3986 §2.1).

use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use crate::timestamp::{rfc3339_millis, rfc3339_seconds};

/// What the access log says about a request.
#[derive(Clone, Copy, Debug)]
pub struct AccessRecord<'a> {
    /// When the response was complete.
    pub time: SystemTime,
    /// The method as received.
    pub method: &'a [u8],
    /// The path as received, without the query, which can hold secrets.
    pub path: &'a [u8],
    /// The status of the response.
    pub status: u16,
    /// Bytes of content sent.
    pub bytes: u64,
    /// From the first byte of the request to the last of the response.
    pub duration: Duration,
    /// Who asked.
    pub peer: Peer,
    /// `HTTP/1.1` or `HTTP/1.0`.
    pub protocol: &'static str,
    /// The request's id, written as 16 hexadecimal digits.
    pub id: u64,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address and port.
    Ip(SocketAddr),
    /// A process on this host, through a unix socket.
    Unix,
}

/// Writes lines; remembers the second of the last one, whose text most lines share.
///
/// The line is put together by hand, which takes a fifth of a serializer's time (140 ns): it is
/// the one thing here that a shard pays for with every request.
#[derive(Debug)]
pub(super) struct LineWriter {
    second: u64,
    second_text: String,
}

impl LineWriter {
    pub(super) fn new() -> Self {
        let mut writer = Self {
            second: 0,
            second_text: String::new(),
        };
        writer.turn_to(SystemTime::UNIX_EPOCH, 0);
        writer
    }

    /// Appends the line of a request, with its line break.
    pub(super) fn append(&mut self, line: &mut Vec<u8>, record: &AccessRecord<'_>) {
        line.extend_from_slice(b"{\"time\":\"");
        self.append_time(line, record.time);
        line.extend_from_slice(b"\",\"method\":");
        append_text(line, record.method);
        line.extend_from_slice(b",\"path\":");
        append_text(line, record.path);
        line.extend_from_slice(b",\"status\":");
        append_number(line, u64::from(record.status));
        line.extend_from_slice(b",\"bytes\":");
        append_number(line, record.bytes);
        line.extend_from_slice(b",\"duration_us\":");
        append_number(
            line,
            u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX),
        );
        line.extend_from_slice(b",\"peer\":\"");
        append_peer(line, record.peer);
        line.extend_from_slice(b"\",\"protocol\":");
        append_text(line, record.protocol.as_bytes());
        line.extend_from_slice(b",\"id\":\"");
        append_id(line, record.id);
        line.extend_from_slice(b"\"}\n");
    }

    fn append_time(&mut self, line: &mut Vec<u8>, time: SystemTime) {
        let since = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        if since.as_secs() != self.second {
            self.turn_to(time, since.as_secs());
        }
        line.extend_from_slice(self.second_text.as_bytes());
        let millis = since.subsec_millis();
        let digits = [
            b'.',
            digit(millis / 100),
            digit(millis / 10 % 10),
            digit(millis % 10),
            b'Z',
        ];
        line.extend_from_slice(&digits);
    }

    fn turn_to(&mut self, time: SystemTime, second: u64) {
        self.second = second;
        self.second_text = rfc3339_seconds(time)
            .to_string()
            .trim_end_matches('Z')
            .to_owned();
    }
}

/// Appends the line that says how many lines are missing at this place.
pub(super) fn append_gap(line: &mut Vec<u8>, time: SystemTime, dropped: u64, why: &str) {
    line.extend_from_slice(b"{\"time\":\"");
    line.extend_from_slice(rfc3339_millis(time).to_string().as_bytes());
    line.extend_from_slice(b"\",\"dropped\":");
    append_number(line, dropped);
    line.extend_from_slice(b",\"why\":");
    append_text(line, why.as_bytes());
    line.extend_from_slice(b"}\n");
}

/// A JSON string of any bytes.
fn append_text(line: &mut Vec<u8>, bytes: &[u8]) {
    let plain = |byte: &u8| (b' '..=b'~').contains(byte) && *byte != b'"' && *byte != b'\\';
    if bytes.iter().all(plain) {
        line.push(b'"');
        line.extend_from_slice(bytes);
        line.push(b'"');
        return;
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    // A string always serializes, and a Vec takes every write.
    let _ = serde_json::to_writer(line, &text);
}

fn append_number(line: &mut Vec<u8>, number: u64) {
    line.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn append_peer(line: &mut Vec<u8>, peer: Peer) {
    match peer {
        Peer::Unix => line.extend_from_slice(b"unix"),
        Peer::Ip(SocketAddr::V4(address)) => {
            for (octet, end) in address.ip().octets().into_iter().zip(*b"...:") {
                append_number(line, u64::from(octet));
                line.push(end);
            }
            append_number(line, u64::from(address.port()));
        }
        Peer::Ip(address @ SocketAddr::V6(_)) => {
            // A Vec takes every write.
            let _ = write!(line, "{address}");
        }
    }
}

fn append_id(line: &mut Vec<u8>, id: u64) {
    let digits: [u8; 16] =
        std::array::from_fn(|index| b"0123456789abcdef"[(id >> (60 - 4 * index)) as usize & 15]);
    line.extend_from_slice(&digits);
}

fn digit(value: u32) -> u8 {
    b"0123456789"[value as usize % 10]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::observe) fn request(path: &[u8]) -> AccessRecord<'_> {
        AccessRecord {
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
            method: b"GET",
            path,
            status: 200,
            bytes: 1234,
            duration: Duration::from_nanos(12_900),
            peer: Peer::Ip(([127, 0, 0, 1], 1234).into()),
            protocol: "HTTP/1.1",
            id: 0xabc,
        }
    }

    fn line_of(path: &[u8]) -> String {
        let mut line = Vec::new();
        LineWriter::new().append(&mut line, &request(path));
        String::from_utf8(line).expect("UTF-8")
    }

    #[test]
    fn a_line_has_the_documented_fields_in_order() {
        assert_eq!(
            line_of(b"/a"),
            "{\"time\":\"2023-11-14T22:13:20.123Z\",\"method\":\"GET\",\"path\":\"/a\",\
             \"status\":200,\"bytes\":1234,\"duration_us\":12,\"peer\":\"127.0.0.1:1234\",\
             \"protocol\":\"HTTP/1.1\",\"id\":\"0000000000000abc\"}\n"
        );
    }

    #[test]
    fn every_byte_in_a_path_gives_one_valid_line() {
        for byte in 0..=255 {
            let line = line_of(&[b'/', byte, b'x']);
            assert_eq!(line.matches('\n').count(), 1, "byte {byte:#04x}: {line}");
            let value: serde_json::Value = serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("byte {byte:#04x}: {error}: {line}"));
            let expected = match byte {
                0..=0x7f => format!("/{}x", char::from(byte)),
                0x80.. => format!("/%{byte:02X}x"),
            };
            assert_eq!(value["path"], expected.as_str());
        }
        let value: serde_json::Value = serde_json::from_str(&line_of("/ä".as_bytes())).expect("ok");
        assert_eq!(value["path"], "/ä");
    }

    #[test]
    fn a_gap_is_a_valid_line() {
        let mut line = Vec::new();
        append_gap(&mut line, SystemTime::UNIX_EPOCH, 7, "no \"space\"");
        let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        assert_eq!(value["dropped"], 7);
        assert_eq!(value["why"], "no \"space\"");
    }

    #[test]
    fn the_second_of_the_last_line_does_not_stick() {
        let mut writer = LineWriter::new();
        let mut times = Vec::new();
        for millis in [0, 999, 1000, 59_999, 60_000, 1_700_000_000_007] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
            let mut line = Vec::new();
            writer.append(
                &mut line,
                &AccessRecord {
                    time,
                    ..request(b"/")
                },
            );
            let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
            assert_eq!(value["time"], rfc3339_millis(time).to_string());
            times.push(line);
        }
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        let mut line = Vec::new();
        writer.append(
            &mut line,
            &AccessRecord {
                time: before,
                ..request(b"/")
            },
        );
        assert_eq!(line, times[0], "a clock before 1970 shows as 1970");
    }

    #[test]
    fn peers_of_every_kind_are_written_as_people_write_them() {
        for (peer, expected) in [
            (Peer::Unix, "unix"),
            (
                Peer::Ip(([203, 0, 113, 9], 65535).into()),
                "203.0.113.9:65535",
            ),
            (
                Peer::Ip(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 80).into()),
                "[2001:db8::1]:80",
            ),
        ] {
            let mut line = Vec::new();
            append_peer(&mut line, peer);
            assert_eq!(String::from_utf8_lossy(&line), expected);
        }
    }
}
