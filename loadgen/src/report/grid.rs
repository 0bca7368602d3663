//! Columns of text, aligned.

use super::ink::{Ink, Tone};

/// Where a column's texts stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows under a heading. Widths are counted in characters that show.
#[derive(Debug)]
pub(crate) struct Grid {
    heading: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(crate) fn new(heading: &[(&str, Align)]) -> Grid {
        Grid {
            heading: heading
                .iter()
                .map(|(text, align)| ((*text).to_owned(), *align))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// A row with a text for each column; those at the end may be left out.
    pub(crate) fn row(&mut self, texts: Vec<String>) {
        self.rows.push(texts);
    }

    /// The lines, each indented by two.
    pub(crate) fn render(&self, ink: Ink) -> String {
        let widths: Vec<usize> = (0..self.heading.len())
            .map(|column| self.width(column))
            .collect();
        let heading: Vec<String> = self.heading.iter().map(|(text, _)| text.clone()).collect();
        let mut text = String::new();
        if heading.iter().any(|text| !text.is_empty()) {
            text.push_str(&ink.paint(Tone::Soft, &self.line(&heading, &widths)));
            text.push('\n');
        }
        for row in &self.rows {
            text.push_str(&self.line(row, &widths));
            text.push('\n');
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let of_rows = self.rows.iter().filter_map(|row| row.get(column));
        of_rows
            .chain([&self.heading[column].0])
            .map(|text| width_of(text))
            .max()
            .unwrap_or(0)
    }

    fn line(&self, texts: &[String], widths: &[usize]) -> String {
        let mut line = String::from(" ");
        for ((text, width), (_, align)) in texts.iter().zip(widths).zip(&self.heading) {
            if *width == 0 {
                continue;
            }
            let padding = " ".repeat(width - width_of(text));
            let (before, after) = match align {
                Align::Left => ("", padding.as_str()),
                Align::Right => (padding.as_str(), ""),
            };
            line.push_str(&format!(" {before}{text}{after} "));
        }
        line.trim_end().to_owned()
    }
}

/// Characters that a terminal shows: those of color escapes are none.
fn width_of(text: &str) -> usize {
    let mut is_escape = false;
    text.chars()
        .filter(|character| {
            let is_shown = !is_escape && *character != '\u{1b}';
            is_escape = (is_escape || *character == '\u{1b}') && *character != 'm';
            is_shown
        })
        .count()
}

/// `text` in lines of at most `width` characters, broken between words.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        let Some(line) = lines.last_mut() else {
            continue;
        };
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_and_empty_ones_take_no_room() {
        let mut grid = Grid::new(&[
            ("name", Align::Left),
            ("", Align::Right),
            ("value", Align::Right),
        ]);
        grid.row(vec!["P50".into(), String::new(), "12.3 µs".into()]);
        grid.row(vec!["P99.9".into()]);
        assert_eq!(
            grid.render(Ink::Plain),
            "  name     value\n  P50    12.3 µs\n  P99.9\n"
        );
    }

    #[test]
    fn color_takes_no_width() {
        assert_eq!(width_of(&Ink::Color.paint(Tone::Bad, "missed")), 6);
        assert_eq!(width_of("12 µs"), 5);
    }

    #[test]
    fn long_texts_break_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("indivisible", 3), ["indivisible"]);
    }
}
