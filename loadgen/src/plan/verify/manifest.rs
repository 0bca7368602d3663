//! The digests of a site: what `sha256sum` prints, run in the folder that is the URL's root.

use std::collections::HashMap;

/// Bytes that a manifest may have. In memory it takes about 150 bytes a line.
pub const MANIFEST_BYTES_MAX: usize = 256 << 20;

/// SHA-256 by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Paths begin with a slash and are not percent-encoded.
    digests: HashMap<Vec<u8>, [u8; 32]>,
}

/// Why a text is not a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A line is not `DIGEST  PATH`.
    #[error(
        "line {0} is not what sha256sum prints: 64 hexadecimal digits, two spaces, a path; make \
         one with: cd ROOT && find . -type f -exec sha256sum {{}} +"
    )]
    Line(usize),
    /// There is no line.
    #[error("it has no lines; make one with: cd ROOT && find . -type f -exec sha256sum {{}} +")]
    Empty,
}

impl Manifest {
    /// Reads the lines.
    ///
    /// # Errors
    /// [`ManifestError`] for the first line that is not one.
    pub fn parse(text: &[u8]) -> Result<Manifest, ManifestError> {
        let mut digests = HashMap::new();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let (path, digest) = parse_line(line).ok_or(ManifestError::Line(index + 1))?;
            digests.insert(path, digest);
        }
        if digests.is_empty() {
            return Err(ManifestError::Empty);
        }
        Ok(Manifest { digests })
    }

    /// The digest of a request's path. A path that ends with a slash means its `index.html`.
    pub fn digest(&self, path: &str) -> Option<[u8; 32]> {
        let mut path = percent_decoded(path.as_bytes());
        if path.ends_with(b"/") && !self.digests.contains_key(&path) {
            path.extend_from_slice(b"index.html");
        }
        self.digests.get(&path).copied()
    }
}

/// A backslash in front says that backslashes and line ends in the path are escaped; `*` that the
/// file was read as binary, which on Linux means nothing.
fn parse_line(line: &[u8]) -> Option<(Vec<u8>, [u8; 32])> {
    let (line, is_escaped) = match line.strip_prefix(b"\\") {
        Some(line) => (line, true),
        None => (line, false),
    };
    let (digits, rest) = line.split_at_checked(64)?;
    let path = rest
        .strip_prefix(b"  ")
        .or_else(|| rest.strip_prefix(b" *"))?;
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let mut key = vec![b'/'];
    if is_escaped {
        key.extend(unescaped(path));
    } else {
        key.extend_from_slice(path);
    }
    (key.len() > 1).then_some((key, parse_digest(digits)?))
}

fn parse_digest(digits: &[u8]) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex(pair[0])? << 4 | hex(pair[1])?;
    }
    Some(digest)
}

fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(other) => out.push(other),
                None => out.push(b'\\'),
            },
            other => out.push(other),
        }
    }
    out
}

fn percent_decoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        let decoded = match (byte, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match decoded {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '' | sha256sum` and `printf 'abc' | sha256sum` (FIPS 180-4, appendix B.1).
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn lines_of_sha256sum_are_found_by_the_path_of_a_request() {
        let text = format!(
            "{ABC}  ./a b/ä.txt\n{EMPTY} *x/index.html\r\n\\{ABC}  new\\nline\\\\\n\n{EMPTY}  index.html"
        );
        let manifest = Manifest::parse(text.as_bytes()).expect("sound");
        let first = |path: &str| manifest.digest(path).map(|digest| digest[0]);
        assert_eq!(first("/a%20b/%C3%A4.txt"), Some(0xba));
        assert_eq!(first("/x/"), Some(0xe3));
        assert_eq!(first("/x/index.html"), Some(0xe3));
        assert_eq!(first("/"), Some(0xe3));
        assert_eq!(first("/new%0Aline%5c"), Some(0xba));
        assert_eq!(first("/x"), None);
        assert_eq!(first("/100%"), None);
    }

    #[test]
    fn what_is_no_manifest_is_refused_with_its_line() {
        let refused = |text: &str| Manifest::parse(text.as_bytes()).expect_err("refused");
        assert_eq!(refused("\n"), ManifestError::Empty);
        for wrong in [
            "abc  x".to_owned(),
            format!("{EMPTY} x"),
            format!("{EMPTY}  "),
            format!("{}g  x", &EMPTY[1..]),
            "MD5 (x) = 00".to_owned(),
        ] {
            let text = format!("{ABC}  fine\n{wrong}\n");
            assert_eq!(refused(&text), ManifestError::Line(2), "{wrong}");
        }
    }
}
