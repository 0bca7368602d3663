//! Splitting a formula into tokens, each with its place.

use super::{FORMULA_BYTES_MAX, SyntaxError, number};

/// A token and the byte at which it starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'s> {
    pub(super) at: usize,
    pub(super) kind: Kind<'s>,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind<'s> {
    Number(f64),
    Name(&'s str),
    Word(&'s str),
    Symbol(&'static str),
    End,
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 16] = [
    "<=", ">=", "==", "!=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")",
];

/// All tokens of a text, the last one is [`Kind::End`].
pub(super) fn tokens(source: &str) -> Result<Vec<Token<'_>>, SyntaxError> {
    if source.len() > FORMULA_BYTES_MAX {
        return Err(SyntaxError {
            at: FORMULA_BYTES_MAX,
            what: format!("the formula has {} bytes", source.len()),
            remedy: format!("a formula has at most {FORMULA_BYTES_MAX} bytes"),
        });
    }
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let rest = &source[at..];
        let blank = rest.len() - rest.trim_start().len();
        at += blank;
        let rest = &rest[blank..];
        if rest.is_empty() {
            found.push(Token {
                at,
                kind: Kind::End,
            });
            return Ok(found);
        }
        let (kind, length) = first(rest, at)?;
        found.push(Token { at, kind });
        at += length;
    }
}

fn first(rest: &str, at: usize) -> Result<(Kind<'_>, usize), SyntaxError> {
    if rest.starts_with(|first: char| first.is_ascii_digit()) {
        return number_at_front(rest, at);
    }
    if rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
        let length = length_while(rest, |c| c.is_ascii_alphanumeric() || c == '_');
        return Ok((Kind::Name(&rest[..length]), length));
    }
    if let Some(quoted) = rest.strip_prefix('\'') {
        return match quoted.find('\'') {
            Some(length) => Ok((Kind::Word(&quoted[..length]), length + 2)),
            None => Err(SyntaxError {
                at,
                what: "a word is not closed".into(),
                remedy: "end it with '".into(),
            }),
        };
    }
    if rest.starts_with(',') {
        return Ok((Kind::Symbol(","), 1));
    }
    let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
    symbol
        .map(|symbol| (Kind::Symbol(symbol), symbol.len()))
        .ok_or_else(|| SyntaxError {
            at,
            what: format!(
                "`{}` means nothing here",
                rest.chars().next().unwrap_or(' ')
            ),
            remedy: "a formula has numbers, names, calls and + - * / % < <= > >= == != && || !"
                .into(),
        })
}

fn number_at_front(rest: &str, at: usize) -> Result<(Kind<'_>, usize), SyntaxError> {
    let mut length = length_while(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    // The sign of an exponent belongs to the number.
    let ends_in_exponent = rest[..length].ends_with(['e', 'E']);
    if ends_in_exponent && rest[length..].starts_with(['+', '-']) {
        length += 1 + length_while(&rest[length + 1..], |c| c.is_ascii_digit());
    }
    let text = &rest[..length];
    number(text)
        .map(|value| (Kind::Number(value), length))
        .ok_or_else(|| SyntaxError {
            at,
            what: format!("`{text}` is no number"),
            remedy: "write 42, 1.5, 64Ki, 4Mi, 1Gi or 1e6".into(),
        })
}

fn length_while(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}
