//! A section with one table.

use std::fmt::Write;

/// A table whose first columns are words and whose others are figures. Cells are HTML.
pub(super) struct Table<'a> {
    html: &'a mut String,
    words: usize,
    columns: usize,
}

impl Table<'_> {
    /// Opens the section.
    pub(super) fn begin<'a>(
        html: &'a mut String,
        heading: &str,
        words: &[&str],
        figures: &[&str],
    ) -> Table<'a> {
        let _ = write!(
            html,
            "<section><h2>{heading}</h2><div class=\"wide\" tabindex=\"0\" role=\"region\" \
             aria-label=\"{heading}\"><table><thead><tr>"
        );
        for (class, name) in words
            .iter()
            .map(|name| ("", name))
            .chain(figures.iter().map(|name| (" class=\"n\"", name)))
        {
            let _ = write!(html, "<th scope=\"col\"{class}>{name}</th>");
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        Table {
            html,
            words: words.len(),
            columns: words.len() + figures.len(),
        }
    }

    /// A row; cells at its end may be left out.
    pub(super) fn row(&mut self, cells: &[String]) {
        self.html.push_str("<tr>");
        for at in 0..self.columns {
            let cell = cells.get(at).map_or("", String::as_str);
            let class = if at < self.words { "" } else { " class=\"n\"" };
            let _ = write!(self.html, "<td{class}>{cell}</td>");
        }
        self.html.push_str("</tr>\n");
    }

    /// Closes the section.
    pub(super) fn end(self) {
        self.html.push_str("</tbody></table></div></section>\n");
    }

    /// Closes the section with a sentence below the table.
    pub(super) fn end_with(self, note: &str) {
        let _ = writeln!(
            self.html,
            "</tbody></table></div><p class=\"soft\">{note}</p></section>"
        );
    }
}
