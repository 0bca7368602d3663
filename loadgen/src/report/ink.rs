//! Color on a terminal: sparse, and none where nobody asked a terminal.

/// Whether texts carry color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// No escapes at all: for pipes, files and `NO_COLOR`.
    Plain,
    /// ANSI colors.
    Color,
}

/// What a color stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
    Soft,
    Strong,
}

impl Ink {
    /// Color on a terminal, unless the environment variable `NO_COLOR` holds something
    /// (no-color.org) or the terminal is `dumb`.
    pub fn of(is_terminal: bool, no_color: Option<&str>, term: Option<&str>) -> Ink {
        let is_wanted = no_color.is_none_or(str::is_empty) && term != Some("dumb");
        if is_terminal && is_wanted {
            Ink::Color
        } else {
            Ink::Plain
        }
    }

    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "1;32",
            Tone::Doubtful => "1;33",
            Tone::Bad => "1;31",
            Tone::Soft => "2",
            Tone::Strong => "1",
        };
        match self {
            Ink::Plain => text.to_owned(),
            Ink::Color => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_needs_a_terminal_that_wants_it() {
        assert_eq!(Ink::of(true, None, Some("xterm")), Ink::Color);
        assert_eq!(Ink::of(true, Some(""), None), Ink::Color);
        assert_eq!(Ink::of(true, Some("1"), None), Ink::Plain);
        assert_eq!(Ink::of(true, None, Some("dumb")), Ink::Plain);
        assert_eq!(Ink::of(false, None, Some("xterm")), Ink::Plain);
    }
}
