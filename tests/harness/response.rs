//! A response, read without mercy: what a lenient client would repair is a failed test.

/// A whole response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// In order, names in lower case, without `Date`, so that equal responses compare equal.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) content: Vec<u8>,
}

/// A head and what it says of the content that follows.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) fields: Vec<(String, String)>,
    pub(super) content_length: Option<u64>,
}

impl Response {
    /// The value of a field that is there at most once.
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(known, _)| known == name);
        let first = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} is repeated: {self:?}");
        first
    }

    /// The value of a field that must be there.
    #[track_caller]
    pub(crate) fn expect_field(&self, name: &str) -> &str {
        match self.field(name) {
            Some(value) => value,
            None => panic!("no {name} in {}", self.summary()),
        }
    }

    /// The content as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.content).expect("content is UTF-8")
    }

    /// Whether it is the last of its connection.
    pub(crate) fn says_close(&self) -> bool {
        self.field("connection") == Some("close")
    }

    /// Status and fields, for messages.
    pub(crate) fn summary(&self) -> String {
        format!("{} {:?}", self.status, self.fields)
    }

    /// Asserts the status, and shows the response where it is another.
    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Response {
        assert_eq!(self.status, status, "{}", self.summary());
        self
    }

    /// Asserts status 200 and exactly this content.
    #[track_caller]
    pub(crate) fn expect_content(self, content: impl AsRef<[u8]>) -> Response {
        let content = content.as_ref();
        let response = self.expect_status(200);
        assert_eq!(response.content.len(), content.len(), "length of content");
        assert!(response.content == content, "content differs");
        response
    }
}

/// Parses the bytes up to and with the empty line.
#[track_caller]
pub(super) fn parse_head(head: &[u8]) -> Head {
    let text = std::str::from_utf8(head).expect("a head of ASCII");
    assert!(text.is_ascii(), "{text:?}");
    let text = text.strip_suffix("\r\n\r\n").expect("an empty line");
    let mut lines = text.split("\r\n");
    let status_line = lines.next().expect("a status line");
    let status = parse_status_line(status_line);
    let mut fields = Vec::new();
    let mut dates = 0;
    let mut content_length = None;
    for line in lines {
        assert!(!line.contains(['\r', '\n', '\0']), "bare control: {line:?}");
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?}"));
        assert!(
            !name.is_empty() && name.bytes().all(is_token_byte),
            "{line:?}"
        );
        assert_eq!(value.trim(), value, "space around the value: {line:?}");
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "date" => {
                dates += 1;
                assert_is_date(value);
                continue;
            }
            "content-length" => {
                assert_eq!(content_length, None, "Content-Length is repeated");
                assert!(value.bytes().all(|byte| byte.is_ascii_digit()), "{line:?}");
                content_length = Some(value.parse().expect("a number"));
            }
            "transfer-encoding" => panic!("the server knows all its lengths: {line:?}"),
            _ => {}
        }
        fields.push((name, value.to_owned()));
    }
    if status >= 200 {
        // RFC 9110 §6.6.1: an origin server with a clock sends a Date with 2xx, 3xx and 4xx.
        assert_eq!(dates, 1, "{text}");
    }
    Head {
        status,
        fields,
        content_length,
    }
}

/// `HTTP/1.1 200 OK`, the space after the status always there (RFC 9112 §4).
#[track_caller]
fn parse_status_line(line: &str) -> u16 {
    let rest = line
        .strip_prefix("HTTP/1.1 ")
        .unwrap_or_else(|| panic!("status line {line:?}"));
    let (status, _reason) = rest
        .split_once(' ')
        .unwrap_or_else(|| panic!("status line {line:?}"));
    assert_eq!(status.len(), 3, "status line {line:?}");
    status.parse().expect("a status of three digits")
}

/// The form of RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
#[track_caller]
fn assert_is_date(value: &str) {
    let shape: String = value
        .chars()
        .map(|letter| match letter {
            '0'..='9' => '0',
            'A'..='Z' => 'A',
            'a'..='z' => 'a',
            other => other,
        })
        .collect();
    assert_eq!(shape, "Aaa, 00 Aaa 0000 00:00:00 AAA", "{value:?}");
    assert!(value.ends_with(" GMT"), "{value:?}");
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
