//! Verified content: what differs is found, and shown.

use ringload::plan::Scenario;
use ringload::plan::request::RequestTemplate;
use ringload::plan::verify::{Content, Manifest, Verification};
use ringload::record::ErrorKind;

use crate::peer::{Answer, Peer, ok};
use crate::scenario::{closed, run};

#[test]
fn content_that_changes_differs_from_the_first_reply() {
    let peer = Peer::start(|request| match request.number % 10 {
        // The same length: only a look at the bytes tells.
        7 => Answer::Send(ok("hellO")),
        _ => Answer::Send(ok("hello")),
    });
    let report = run(&Scenario {
        verification: Verification {
            content: Content::FirstReply,
            ..Verification::default()
        },
        ..closed(peer.address, 1, 100)
    });
    assert_eq!(report.totals.errors, [(ErrorKind::Content, 10)].into());
    let sample = report.samples.first().expect("a sample is kept");
    assert!(sample.beginning.contains("hellO"), "{sample:?}");
    assert_eq!(sample.target, "GET /");
}

#[test]
fn content_of_another_length_is_named() {
    let peer = Peer::start(|request| match request.number {
        3 => Answer::Send(ok("hell")),
        _ => Answer::Send(ok("hello")),
    });
    let report = run(&Scenario {
        verification: Verification {
            length: Some(5),
            ..Verification::default()
        },
        ..closed(peer.address, 1, 20)
    });
    assert_eq!(report.totals.errors, [(ErrorKind::Length, 1)].into());
}

#[test]
fn a_manifest_decides_for_every_path() {
    // printf hello | sha256sum
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let verify = |text: String| {
        let peer = Peer::start(|_| Answer::Send(ok("hello")));
        let manifest = Manifest::parse(text.as_bytes()).expect("a manifest");
        let report = run(&Scenario {
            origins: std::sync::Arc::from([crate::scenario::origin(
                peer.address,
                vec![(crate::scenario::request(peer.address, "/file?x=1", ""), 1.0)],
            )]),
            verification: Verification {
                content: Content::Manifest(manifest.into()),
                ..Verification::default()
            },
            ..closed(peer.address, 2, 20)
        });
        (report.totals.good, report.totals.errors)
    };
    assert_eq!(
        verify(format!("{digest}  file\n")),
        (20, Default::default())
    );
    let wrong = format!("{}  file\n", digest.replace('2', "3"));
    assert_eq!(verify(wrong), (0, [(ErrorKind::Content, 20)].into()));
    let other = format!("{digest}  other\n");
    assert_eq!(verify(other), (0, [(ErrorKind::Content, 20)].into()));
}

#[test]
fn a_response_to_head_has_no_content_to_be_wrong() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let peer = Peer::start(move |_| Answer::Send(head.into()));
    let image = format!("HEAD / HTTP/1.1\r\nHost: {}\r\n\r\n", peer.address);
    let request = RequestTemplate::fixed("HEAD /".to_owned(), true, image.into());
    let report = run(&Scenario {
        origins: [crate::scenario::origin(peer.address, vec![(request, 1.0)])].into(),
        verification: Verification {
            length: Some(5),
            content: Content::FirstReply,
            ..Verification::default()
        },
        ..closed(peer.address, 2, 20)
    });
    assert_eq!(
        (report.totals.good, report.totals.errors),
        (20, Default::default())
    );
}
