//! Conformance by section of RFC 9112 (HTTP/1.1) and RFC 9110 (HTTP semantics).
//!
//! Above each test stands the sentence that it tests, quoted from the RFC. Every request is also
//! sent cut in two at every byte, and byte by byte: how bytes arrive must never change what they
//! mean. After each answer the connection must be what the answer says: closed cleanly and
//! without another byte, or ready for the next request at exactly the right place.

mod chunked;
mod codings;
mod conditions;
mod expect;
mod fields;
mod framing;
mod host;
mod message;
mod methods;
mod persistence;
mod ranges;
mod request_line;

use crate::harness::{Client, Driver, Ending, Response, Server, Site};

/// Cuts of one request that are tried; longer requests are cut at evenly spread places.
const CUTS_MAX: usize = 64;
/// The same where the response is large, to keep the tests quick.
const CUTS_OF_LARGE_MAX: usize = 8;
const LARGE: usize = 4096;

/// A server for tests to which the files do not matter.
fn small_server(driver: Driver) -> (Site, Server) {
    let site = Site::small();
    let server = Server::serve(driver, &site, &[]);
    (site, server)
}

/// The answer to one request, the same however it is cut.
#[track_caller]
fn answer(server: &Server, request: impl AsRef<[u8]>) -> Response {
    let request = request.as_ref();
    let mut whole = Client::connect(server);
    whole.send(request);
    let expected = finish(whole, request);

    let cuts_max = match expected.content.len() > LARGE {
        true => CUTS_OF_LARGE_MAX,
        false => CUTS_MAX,
    };
    let step = request.len().div_ceil(cuts_max).max(1);
    let cuts: Vec<usize> = (1..request.len()).step_by(step).collect();
    // All first pieces are on their way before the first second piece is, so that the server
    // meets most of them alone.
    let mut clients: Vec<Client> = cuts
        .iter()
        .map(|cut| {
            let mut client = Client::connect(server);
            client.send(&request[..*cut]);
            client
        })
        .collect();
    for (client, cut) in clients.iter_mut().zip(&cuts) {
        // The first piece may have been refused already.
        let _ = client.try_send(&request[*cut..]);
    }
    for (client, cut) in clients.into_iter().zip(cuts) {
        let answered = finish(client, request);
        assert_eq!(same(&answered), same(&expected), "cut at byte {cut}");
    }

    let mut trickle = Client::connect(server);
    trickle.send_byte_by_byte(request);
    let answered = finish(trickle, request);
    assert_eq!(same(&answered), same(&expected), "byte by byte");
    expected
}

/// Reads the answer and checks what becomes of the connection.
#[track_caller]
fn finish(mut client: Client, request: &[u8]) -> Response {
    let answer = match request.starts_with(b"HEAD ") {
        true => client.response_to_head(),
        false => client.response(),
    };
    if answer.says_close() {
        assert_eq!(client.ending(), Ending::Closed, "{}", answer.summary());
    } else {
        // Were a byte of the request left over, or one too many taken, this would fail.
        client.get("/hello.txt").expect_content("Hello, world!");
    }
    answer
}

/// What must not depend on cuts: all but the boundary of several ranges, which is new each time.
fn same(response: &Response) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let content_type = response.field("content-type").unwrap_or_default();
    let Some((_, boundary)) = content_type.split_once("boundary=") else {
        return (
            response.status,
            response.fields.clone(),
            response.content.clone(),
        );
    };
    let text = String::from_utf8_lossy(&response.content).replace(boundary, "boundary");
    (response.status, Vec::new(), text.into_bytes())
}

/// A request that is refused: this status, then the connection closes, and nothing that stands
/// behind the request is taken for another one.
#[track_caller]
fn expect_refused(server: &Server, status: u16, request: &str) {
    let smuggled = format!("{request}GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let refused = answer(server, smuggled);
    assert_eq!(refused.status, status, "{request:?}: {}", refused.summary());
    assert!(refused.says_close(), "{request:?}: {}", refused.summary());
}
