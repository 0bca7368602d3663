//! A first look: an echo on both drivers, with a real client.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use shard::net::{BoundListener, bind_tcp};
use shard::{Io, Options, run, spawn};

fn listener() -> (BoundListener, std::net::SocketAddr) {
    let bound = bind_tcp(([127, 0, 0, 1], 0).into(), 1024).unwrap();
    let address = bound.address().unwrap().unwrap();
    (bound, address)
}

fn echo(io: Io) {
    let (bound, address) = listener();
    let client = std::thread::spawn(move || {
        for round in 0..3 {
            let mut stream = TcpStream::connect(address).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            let sent: Vec<u8> = (0..300_000u32).map(|n| (n * 7 + round) as u8).collect();
            let mut writer = stream.try_clone().unwrap();
            let out = sent.clone();
            let thread = std::thread::spawn(move || {
                writer.write_all(&out).unwrap();
                writer.shutdown(Shutdown::Write).unwrap();
            });
            let mut back = Vec::new();
            stream.read_to_end(&mut back).unwrap();
            thread.join().unwrap();
            assert_eq!(back.len(), sent.len());
            assert!(back == sent);
        }
    });
    let options = Options {
        io,
        ..Options::default()
    };
    let ((), report) = run(&options, move || async move {
        let listener = bound.start().unwrap();
        for _ in 0..3 {
            let stream = listener.accept().await.unwrap();
            spawn(async move {
                while let Some(chunk) = stream.recv().await.unwrap() {
                    stream.send(chunk.to_vec()).await.unwrap();
                }
                stream.finish(1024).await.unwrap();
            })
            .over()
            .await;
        }
    })
    .unwrap();
    client.join().unwrap();
    assert_eq!(report.leaked, 0, "{report:?}");
    assert_eq!(report.panics, 0, "{report:?}");
    eprintln!("{report:?}");
}

#[test]
fn echo_uring() {
    echo(Io::Uring);
}

#[test]
fn echo_epoll() {
    echo(Io::Epoll);
}
