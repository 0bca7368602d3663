//! Queueing disciplines by interface, asked of the kernel (RTM_GETQDISC, rtnetlink(7)).
//!
//! There is no file with them, and `tc` is not on every host; the question needs no privilege.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use crate::truth::files::HostFiles;

/// `nlmsg_type` of the question, of an answer, and of the end.
const RTM_GETQDISC: u16 = 38;
const RTM_NEWQDISC: u16 = 36;
const NLMSG_DONE: u16 = 3;
/// NLM_F_REQUEST | NLM_F_DUMP.
const REQUEST_DUMP: u16 = 0x301;
/// Bytes of `struct nlmsghdr` and of `struct tcmsg`.
const HEADER_BYTES: usize = 16;
const TCMSG_BYTES: usize = 20;
/// `tcm_parent` of an interface's root.
const TC_H_ROOT: u32 = 0xFFFF_FFFF;
/// The attribute with the discipline's name.
const TCA_KIND: u16 = 1;
/// Answers are sent in pieces of 32 KiB at most; so many of them are read.
const PIECE_BYTES: usize = 32 * 1024;
const PIECES_MAX: usize = 256;
/// The kernel answers at once; this bounds a mistake.
const PATIENCE: Duration = Duration::from_secs(1);

/// One discipline on one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Qdisc {
    interface: u32,
    parent: u32,
    kind: String,
}

/// The root discipline of every interface; for `mq` also what its queues have: `mq (fq_codel)`.
pub(super) fn by_interface(files: &HostFiles) -> BTreeMap<String, String> {
    let qdiscs = ask().unwrap_or_default();
    let interfaces = files.names("sys/class/net").filter_map(|name| {
        let index = files.number(format!("sys/class/net/{name}/ifindex"))?;
        Some((name, words(&qdiscs, u32::try_from(index).ok()?)?))
    });
    interfaces.collect()
}

/// See [`super::fair_queueing`].
pub(super) fn is_fair(qdiscs: &BTreeMap<String, String>, targets_are_here: bool) -> Option<bool> {
    let mut on_the_way = qdiscs
        .iter()
        .filter(|(interface, qdisc)| match targets_are_here {
            true => *interface == "lo",
            false => *interface != "lo" && *qdisc != "noqueue",
        })
        .map(|(_, qdisc)| qdisc == "fq" || qdisc == "mq (fq)")
        .peekable();
    on_the_way.peek()?;
    Some(on_the_way.all(|fair| fair))
}

fn words(qdiscs: &[Qdisc], interface: u32) -> Option<String> {
    let (roots, children): (Vec<&Qdisc>, Vec<&Qdisc>) = qdiscs
        .iter()
        .filter(|qdisc| qdisc.interface == interface)
        .partition(|qdisc| qdisc.parent == TC_H_ROOT);
    let root = roots.first()?;
    let mut kinds: Vec<&str> = children.iter().map(|child| child.kind.as_str()).collect();
    kinds.retain(|kind| !matches!(*kind, "ingress" | "clsact"));
    kinds.sort_unstable();
    kinds.dedup();
    Some(if kinds.is_empty() {
        root.kind.clone()
    } else {
        format!("{} ({})", root.kind, kinds.join(", "))
    })
}

fn ask() -> rustix::io::Result<Vec<Qdisc>> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        // NETLINK_ROUTE is protocol 0.
        None,
    )?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    rustix::net::send(&socket, &question(), SendFlags::empty())?;
    let mut qdiscs = Vec::new();
    let mut piece = vec![0; PIECE_BYTES];
    for _ in 0..PIECES_MAX {
        let (length, _) = rustix::net::recv(&socket, piece.as_mut_slice(), RecvFlags::empty())?;
        if !read_piece(&piece[..length], &mut qdiscs) {
            break;
        }
    }
    Ok(qdiscs)
}

/// A `struct nlmsghdr` and a `struct tcmsg` of zeros: every discipline of every interface.
fn question() -> [u8; HEADER_BYTES + TCMSG_BYTES] {
    let mut question = [0; HEADER_BYTES + TCMSG_BYTES];
    question[..4].copy_from_slice(&((HEADER_BYTES + TCMSG_BYTES) as u32).to_ne_bytes());
    question[4..6].copy_from_slice(&RTM_GETQDISC.to_ne_bytes());
    question[6..8].copy_from_slice(&REQUEST_DUMP.to_ne_bytes());
    question
}

/// Reads the messages of one piece; whether more pieces follow.
fn read_piece(mut piece: &[u8], qdiscs: &mut Vec<Qdisc>) -> bool {
    while let (Some(length), Some(kind)) = (number(piece, 0), half(piece, 4)) {
        let length = length as usize;
        let Some(body) = piece.get(HEADER_BYTES..length) else {
            return false;
        };
        match kind {
            RTM_NEWQDISC => qdiscs.extend(read_qdisc(body)),
            NLMSG_DONE => return false,
            _ => {}
        }
        piece = piece.get(aligned(length)..).unwrap_or_default();
    }
    true
}

fn read_qdisc(body: &[u8]) -> Option<Qdisc> {
    let (interface, parent) = (number(body, 4)?, number(body, 12)?);
    let mut attributes = body.get(TCMSG_BYTES..)?;
    while let (Some(length), Some(kind)) = (half(attributes, 0), half(attributes, 2)) {
        let value = attributes.get(4..usize::from(length))?;
        if kind == TCA_KIND {
            let name = value.split(|byte| *byte == 0).next()?;
            return Some(Qdisc {
                interface,
                parent,
                kind: String::from_utf8_lossy(name).into_owned(),
            });
        }
        attributes = attributes.get(aligned(usize::from(length))..)?;
    }
    None
}

/// Messages and attributes begin at multiples of four.
fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, interface: u32, parent: u32, name: &[u8]) -> Vec<u8> {
        let mut body = vec![0; TCMSG_BYTES];
        body[4..8].copy_from_slice(&interface.to_ne_bytes());
        body[12..16].copy_from_slice(&parent.to_ne_bytes());
        body.extend((4 + name.len() as u16).to_ne_bytes());
        body.extend(TCA_KIND.to_ne_bytes());
        body.extend(name);
        let mut message = ((HEADER_BYTES + body.len()) as u32).to_ne_bytes().to_vec();
        message.extend(kind.to_ne_bytes());
        message.extend([0; 10]);
        message.extend(body);
        message.resize(aligned(message.len()), 0);
        message
    }

    #[test]
    fn answers_are_read_to_the_end_mark() {
        let mut piece = message(RTM_NEWQDISC, 1, TC_H_ROOT, b"noqueue\0");
        piece.extend(message(RTM_NEWQDISC, 2, TC_H_ROOT, b"mq\0"));
        piece.extend(message(RTM_NEWQDISC, 2, 0x1, b"fq\0"));
        let mut qdiscs = Vec::new();
        assert!(read_piece(&piece, &mut qdiscs));
        assert_eq!(words(&qdiscs, 1).as_deref(), Some("noqueue"));
        assert_eq!(words(&qdiscs, 2).as_deref(), Some("mq (fq)"));
        assert_eq!(words(&qdiscs, 3), None);
        assert!(!read_piece(&message(NLMSG_DONE, 0, 0, b""), &mut qdiscs));
    }

    #[test]
    fn what_is_cut_off_or_senseless_is_left_and_never_loops() {
        let whole = message(RTM_NEWQDISC, 1, TC_H_ROOT, b"htb\0");
        for length in 0..whole.len() {
            let mut qdiscs = Vec::new();
            read_piece(&whole[..length], &mut qdiscs);
            assert_eq!(qdiscs, [], "cut to {length} bytes");
        }
        let zeros = [0; 64];
        assert!(!read_piece(&zeros, &mut Vec::new()));
    }

    #[test]
    fn fairness_is_asked_of_the_interfaces_on_the_way() {
        let host = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let owned = pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
            owned.collect()
        };
        let usual = host(&[("lo", "noqueue"), ("eth0", "mq (fq)"), ("br0", "noqueue")]);
        assert_eq!(is_fair(&usual, true), Some(false));
        assert_eq!(is_fair(&usual, false), Some(true));
        assert_eq!(is_fair(&host(&[("lo", "fq")]), true), Some(true));
        assert_eq!(is_fair(&host(&[("lo", "fq")]), false), None);
        assert_eq!(
            is_fair(&host(&[("eth0", "mq (fq, fq_codel)")]), false),
            Some(false)
        );
    }
}
