//! A request as bytes, with places that are filled anew for each one.
//!
//! Whatever can be decided before the load is decided here, once: a request without places is a
//! single `Bytes` that nobody copies; one with places is a list of pieces that are appended to one
//! fresh buffer. A template that compiles cannot make a head that is not HTTP.

mod hole;
mod lines;
mod wish;

use std::sync::Arc;

use bytes::Bytes;
use rand::rngs::SmallRng;

use hole::Piece;

pub use hole::HoleError;
pub use lines::{LINE_FILE_BYTES_MAX, LinesError};
pub use wish::{BODY_BYTES_MAX, Body, ReadFile, RequestError, RequestWish};

/// A request that can be sent any number of times.
#[derive(Clone, Debug)]
pub struct RequestTemplate {
    /// Method and target as written, for reports: `GET /users/{seq}`.
    pub label: String,
    /// Whether a response to it has no content whatever its head says.
    pub is_head: bool,
    /// The bytes on the wire.
    image: Image,
}

#[derive(Clone, Debug)]
enum Image {
    /// The same bytes every time: nothing is copied.
    Fixed(Bytes),
    /// Pieces in order.
    Filled(Arc<[Piece]>),
}

/// What the places of a template are filled with; one per thread.
#[derive(Debug)]
pub struct Variables {
    /// `{seq}` and `{line:FILE}`: the next number and the distance to the one after it, so that no
    /// two threads use the same.
    pub next: u64,
    /// See [`Variables::next`].
    pub step: u64,
    /// `{rand:a..b}` and `{uuid}`.
    pub random: SmallRng,
}

impl RequestTemplate {
    /// A request that is the same every time.
    pub fn fixed(label: String, is_head: bool, image: Bytes) -> RequestTemplate {
        RequestTemplate {
            label,
            is_head,
            image: Image::Fixed(image),
        }
    }

    /// A request made of pieces; fixed where none of them is a place.
    fn of_pieces(label: String, is_head: bool, pieces: Vec<Piece>) -> RequestTemplate {
        let fixed: Option<Vec<&[u8]>> = pieces.iter().map(Piece::fixed).collect();
        let image = match fixed {
            // Leaked, because a request lives as long as the process, and a count of references
            // would be a cache line that all threads write with every request.
            Some(parts) => Image::Fixed(Bytes::from_static(parts.concat().leak())),
            None => Image::Filled(hole::joined(pieces).into()),
        };
        RequestTemplate {
            label,
            is_head,
            image,
        }
    }

    /// The bytes of the next request. All places of one request that count have the same number.
    pub fn render(&self, variables: &mut Variables) -> Bytes {
        match &self.image {
            Image::Fixed(bytes) => bytes.clone(),
            Image::Filled(pieces) => fill(pieces, variables).into(),
        }
    }
}

/// Bytes that a filled request is expected to have beyond its fixed pieces.
const FILLED_BYTES: usize = 64;

fn fill(pieces: &[Piece], variables: &mut Variables) -> Vec<u8> {
    let number = variables.next;
    variables.next = number.wrapping_add(variables.step);
    let fixed: usize = pieces
        .iter()
        .filter_map(Piece::fixed)
        .map(<[u8]>::len)
        .sum();
    let mut out = Vec::with_capacity(fixed + FILLED_BYTES);
    let mut length_at = None;
    let mut body_at = None;
    for piece in pieces {
        match piece {
            Piece::Fixed(bytes) => out.extend_from_slice(bytes),
            Piece::Hole(hole) => hole.append(number, &mut variables.random, &mut out),
            Piece::ContentLength => {
                length_at = Some(out.len());
                out.extend_from_slice(&[b' '; hole::LENGTH_DIGITS]);
            }
            Piece::BodyBegin => body_at = Some(out.len()),
        }
    }
    if let (Some(length_at), Some(body_at)) = (length_at, body_at) {
        let length = (out.len() - body_at).to_string();
        let end = length_at + hole::LENGTH_DIGITS;
        out[end - length.len()..end].copy_from_slice(length.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests;
