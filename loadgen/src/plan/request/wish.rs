//! A request as somebody asks for it, and how it becomes a template.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use http::{FieldName, FieldValue, Method, RequestHead};

use super::RequestTemplate;
use super::hole::{self, HoleError, Piece, Position};
use crate::plan::Reuse;

/// Bytes that a body may have, in memory once per request of the plan.
pub const BODY_BYTES_MAX: usize = 256 << 20;

/// Reads a file of at most so many bytes; [`io::ErrorKind::FileTooLarge`] where it has more.
pub type ReadFile<'r> = &'r dyn Fn(&Path, usize) -> io::Result<Vec<u8>>;

/// What to ask, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestWish {
    /// The method; `GET` where none is given and there is no body, `POST` where there is one.
    pub method: Option<String>,
    /// Path and query as they stand in the request line, with places.
    pub target: String,
    /// The authority of the URL, for `Host`.
    pub host: String,
    /// Field lines as written: `Name: value`, with places in the value. They replace the
    /// defaults of the same name.
    pub fields: Vec<String>,
    /// The content.
    pub body: Body,
    /// Whether the request says `Connection: close`.
    pub reuse: Reuse,
}

/// The content of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// None.
    #[default]
    None,
    /// A text with places.
    Text(String),
    /// A file as it is: its braces are its own.
    File(PathBuf),
}

/// Why a request cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The method is not a token.
    #[error("the method \"{}\" is not one word of letters; write GET, POST …", .0.escape_debug())]
    Method(String),
    /// CONNECT makes a tunnel and has no response to measure.
    #[error("CONNECT opens a tunnel, which has no response to measure; use another method")]
    Connect,
    /// The target has bytes that a request line cannot have.
    #[error("the path \"{}\" has a space or a byte beyond ASCII; percent-encode it (a space is %20)", .0.escape_debug())]
    Target(String),
    /// A field is not `Name: value`.
    #[error("the header \"{}\" is not \"Name: value\"", .0.escape_debug())]
    Field(String),
    /// A field that follows from the body.
    #[error("{0} follows from the body; leave it out")]
    Framing(String),
    /// A place cannot be filled.
    #[error(transparent)]
    Hole(#[from] HoleError),
    /// The body's file cannot be used.
    #[error("the body {}: {error}", file.display())]
    BodyFile {
        /// The file as written.
        file: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl RequestWish {
    /// The template; `read` reads the files that it names.
    ///
    /// # Errors
    /// [`RequestError`], each with what to write instead.
    pub fn compile(&self, read: ReadFile<'_>) -> Result<RequestTemplate, RequestError> {
        let method = self.method_name();
        let fields = self
            .fields
            .iter()
            .map(|line| Line::parse(line, read))
            .collect::<Result<Vec<_>, _>>()?;
        let mut pieces = self.request_line(method, read)?;
        self.append_defaults(&fields, &mut pieces);
        for field in fields {
            field.append(&mut pieces);
        }
        let body = self.body_pieces(read)?;
        append_framing(method, &body, &mut pieces);
        pieces.push(fixed("\r\n"));
        pieces.push(Piece::BodyBegin);
        pieces.extend(body.unwrap_or_default());
        let label = format!("{method} {}", self.target);
        Ok(RequestTemplate::of_pieces(label, method == "HEAD", pieces))
    }

    fn method_name(&self) -> &str {
        let implied = match self.body {
            Body::None => "GET",
            Body::Text(_) | Body::File(_) => "POST",
        };
        self.method.as_deref().unwrap_or(implied)
    }

    fn request_line(&self, method: &str, read: ReadFile<'_>) -> Result<Vec<Piece>, RequestError> {
        if method == "CONNECT" {
            return Err(RequestError::Connect);
        }
        // A head of these parts proves that the method is a token; that is all it is for.
        let host = FieldValue::from_static("x");
        RequestHead::new(&mut Vec::new(), Method::Extension(method), "/", &host)
            .map_err(|_| RequestError::Method(method.to_owned()))?
            .end();
        let mut pieces = vec![fixed(method), fixed(" ")];
        let target = hole::pieces(&self.target, Position::Target, read)?;
        let is_visible = |piece: &Piece| {
            piece
                .fixed()
                .is_none_or(|bytes| bytes.iter().all(u8::is_ascii_graphic))
        };
        if !target.iter().all(is_visible) {
            return Err(RequestError::Target(self.target.clone()));
        }
        pieces.extend(target);
        pieces.push(fixed(" HTTP/1.1\r\n"));
        Ok(pieces)
    }

    /// The fields that every request has, unless the wish has them.
    fn append_defaults(&self, fields: &[Line], pieces: &mut Vec<Piece>) {
        let is_free = |name: &str| fields.iter().all(|field| !field.is(name));
        if is_free("Host") {
            pieces.push(fixed(&format!("Host: {}\r\n", self.host)));
        }
        if is_free("User-Agent") {
            let version = env!("CARGO_PKG_VERSION");
            pieces.push(fixed(&format!("User-Agent: ringload/{version}\r\n")));
        }
        if self.reuse == Reuse::OneRequest && is_free("Connection") {
            pieces.push(fixed("Connection: close\r\n"));
        }
    }

    fn body_pieces(&self, read: ReadFile<'_>) -> Result<Option<Vec<Piece>>, RequestError> {
        match &self.body {
            Body::None => Ok(None),
            Body::Text(text) => Ok(Some(hole::pieces(text, Position::Body, read)?)),
            Body::File(file) => match read(file, BODY_BYTES_MAX) {
                Ok(bytes) => Ok(Some(vec![Piece::Fixed(bytes)])),
                Err(error) => Err(RequestError::BodyFile {
                    file: file.clone(),
                    error,
                }),
            },
        }
    }
}

/// `Content-Length` where there is a body, and where the method expects one (RFC 9110 §8.6).
fn append_framing(method: &str, body: &Option<Vec<Piece>>, pieces: &mut Vec<Piece>) {
    let length = match body {
        None if !matches!(method, "POST" | "PUT" | "PATCH") => return,
        None => Some(0),
        Some(body) => body
            .iter()
            .map(|piece| piece.fixed().map(<[u8]>::len))
            .sum::<Option<usize>>(),
    };
    match length {
        Some(length) => pieces.push(fixed(&format!("Content-Length: {length}\r\n"))),
        None => {
            let parts = [
                fixed("Content-Length: "),
                Piece::ContentLength,
                fixed("\r\n"),
            ];
            pieces.extend(parts);
        }
    }
}

/// A field line of the wish.
struct Line {
    name: String,
    value: Vec<Piece>,
}

impl Line {
    fn parse(line: &str, read: ReadFile<'_>) -> Result<Line, RequestError> {
        let wrong = || RequestError::Field(line.to_owned());
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        FieldName::new(name).ok_or_else(wrong)?;
        if ["Content-Length", "Transfer-Encoding"]
            .iter()
            .any(|ours| name.eq_ignore_ascii_case(ours))
        {
            return Err(RequestError::Framing(name.to_owned()));
        }
        let value = hole::pieces(value.trim_matches([' ', '\t']), Position::Field, read)?;
        for piece in &value {
            if let Some(bytes) = piece.fixed() {
                FieldValue::new(Cow::Borrowed(bytes)).map_err(|_| wrong())?;
            }
        }
        let name = name.to_owned();
        Ok(Line { name, value })
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn append(self, pieces: &mut Vec<Piece>) {
        pieces.push(fixed(&self.name));
        pieces.push(fixed(": "));
        pieces.extend(self.value);
        pieces.push(fixed("\r\n"));
    }
}

fn fixed(text: &str) -> Piece {
    Piece::Fixed(text.as_bytes().to_vec())
}
