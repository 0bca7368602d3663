//! The listing of a folder as a page: light and dark, sortable through links, no script.

use std::fmt::Write;

use super::escape::{push_segment, push_text};
use super::listing::{Entry, EntryKind};
use super::sort::{Sort, SortKey, SortOrder};
use crate::config::units::format_bytes_rounded;
use crate::timestamp::rfc3339_seconds;

/// The columns with their headings and the direction that a first click asks for.
const COLUMNS: [(SortKey, &str, SortOrder); 3] = [
    (SortKey::Name, "Name", SortOrder::Ascending),
    (SortKey::Size, "Size", SortOrder::Descending),
    (SortKey::Time, "Changed (UTC)", SortOrder::Descending),
];

/// The page of a folder.
///
/// `path` is the decoded path of the request, which starts and ends with a slash.
pub fn html(path: &[u8], entries: &[Entry<'_>], sort: Sort) -> Vec<u8> {
    let mut html = String::with_capacity(4096 + entries.len() * 256);
    push_head(&mut html, path);
    push_breadcrumb(&mut html, path);
    html.push_str("<table>\n<thead><tr>");
    for (key, heading, first_order) in COLUMNS {
        push_heading(&mut html, key, heading, first_order, sort);
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    if path != b"/" {
        html.push_str("<tr><td><a class=\"d\" href=\"../\">..</a></td><td></td><td></td></tr>\n");
    }
    for entry in sort.apply(entries) {
        push_row(&mut html, entry);
    }
    html.push_str("</tbody>\n</table>\n");
    push_summary(&mut html, entries);
    html.push_str("</main>\n</body>\n</html>\n");
    html.into_bytes()
}

fn push_head(html: &mut String, path: &[u8]) {
    html.push_str(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>",
    );
    push_text(html, path);
    html.push_str("</title>\n<style>");
    html.push_str(STYLE);
    html.push_str("</style>\n</head>\n<body>\n<main>\n");
}

/// Every folder above as a link, the folder itself as text.
fn push_breadcrumb(html: &mut String, path: &[u8]) {
    let segments: Vec<&[u8]> = path
        .split(|byte| *byte == b'/')
        .filter(|segment| !segment.is_empty())
        .collect();
    html.push_str("<h1><nav aria-label=\"Folders\">");
    let mut url = String::from("/");
    let Some((last, above)) = segments.split_last() else {
        html.push_str("<span aria-current=\"page\">/</span></nav></h1>\n");
        return;
    };
    html.push_str("<a href=\"/\">/</a>");
    for segment in above {
        push_segment(&mut url, segment);
        url.push('/');
        let _ = write!(html, "<a href=\"{url}\">");
        push_text(html, segment);
        html.push_str("</a><i>/</i>");
    }
    html.push_str("<span aria-current=\"page\">");
    push_text(html, last);
    html.push_str("</span></nav></h1>\n");
}

fn push_heading(
    html: &mut String,
    key: SortKey,
    heading: &str,
    first_order: SortOrder,
    sort: Sort,
) {
    let current = (sort.key == key).then_some(sort.order);
    let (next, aria, arrow) = match current {
        None => (first_order, "none", ""),
        Some(SortOrder::Ascending) => (SortOrder::Descending, "ascending", " \u{2191}"),
        Some(SortOrder::Descending) => (SortOrder::Ascending, "descending", " \u{2193}"),
    };
    let _ = write!(
        html,
        "<th scope=\"col\" aria-sort=\"{aria}\"><a href=\"?sort={}&amp;order={}\">{heading}{arrow}</a></th>",
        key.word(),
        next.word(),
    );
}

fn push_row(html: &mut String, entry: &Entry<'_>) {
    let (class, slash) = match entry.kind {
        EntryKind::Directory => ("d", "/"),
        EntryKind::File { .. } => ("f", ""),
    };
    let _ = write!(html, "<tr><td><a class=\"{class}\" href=\"");
    push_segment(html, entry.name);
    let _ = write!(html, "{slash}\">");
    push_text(html, entry.name);
    let _ = write!(html, "{slash}</a></td>");
    match entry.kind {
        EntryKind::Directory => html.push_str("<td></td>"),
        EntryKind::File { size } => {
            let _ = write!(
                html,
                "<td><data value=\"{size}\" title=\"{} bytes\">{}</data></td>",
                grouped(size),
                format_bytes_rounded(size),
            );
        }
    }
    let time = rfc3339_seconds(entry.modified).to_string();
    // 2026-11-21T08:30:00Z reads better without its letters.
    let shown = time.replace('T', " ");
    let _ = writeln!(
        html,
        "<td><time datetime=\"{time}\">{}</time></td></tr>",
        shown.trim_end_matches('Z'),
    );
}

fn push_summary(html: &mut String, entries: &[Entry<'_>]) {
    let sizes = entries.iter().filter_map(|entry| match entry.kind {
        EntryKind::Directory => None,
        EntryKind::File { size } => Some(size),
    });
    let (files, bytes) = sizes.fold((0, 0_u64), |(files, bytes), size| {
        (files + 1, bytes.saturating_add(size))
    });
    let folders = entries.len() - files;
    let plural = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{} {one}s", grouped(count as u64)),
    };
    let _ = writeln!(
        html,
        "<footer>{}, {}, <span title=\"{} bytes\">{}</span></footer>",
        plural(folders, "folder"),
        plural(files, "file"),
        grouped(bytes),
        format_bytes_rounded(bytes),
    );
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Both color schemes, system fonts, a mark before each name drawn by the style itself.
const STYLE: &str = "
:root{--bg:#fbfbfa;--ink:#1d2329;--soft:#69737d;--line:#e4e6e8;--link:#0b57a8;--hover:#eef3f8}
@media(prefers-color-scheme:dark){:root{--bg:#14181c;--ink:#e3e7ea;--soft:#8d98a3;--line:#2a3138;\
--link:#82b8f0;--hover:#1d242b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);\
font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem}
h1{font-size:1.3rem;font-weight:600;margin:0 0 1.5rem;overflow-wrap:anywhere}
h1 a,h1 span{padding:.1rem .25rem;border-radius:.25rem}
h1 i{font-style:normal;color:var(--soft)}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}
a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{font-size:.85rem;font-weight:600;text-align:left;border-bottom:2px solid var(--line)}
th a{color:var(--soft)}
th,td{padding:.45rem .5rem}
td{border-bottom:1px solid var(--line);color:var(--soft);white-space:nowrap}
td:first-child{width:100%;white-space:normal;overflow-wrap:anywhere}
th:nth-child(2),td:nth-child(2){text-align:right}
tbody tr:hover{background:var(--hover)}
.d,.f{display:block;position:relative;padding-left:1.6rem;color:var(--ink)}
.d{color:var(--link);font-weight:500}
.d:before,.f:before{content:'';position:absolute;left:.1rem;top:.35em;width:1rem;height:.75rem;\
border:1.5px solid currentColor;border-radius:.15rem;opacity:.7}
.d:before{background:currentColor;opacity:.45}
.f:before{width:.7rem;height:.9rem;left:.25rem;top:.3em}
footer{margin-top:1.25rem;color:var(--soft);font-size:.85rem}
@media(max-width:40rem){th:nth-child(3),td:nth-child(3){display:none}main{padding:1.25rem .75rem}}
";

#[cfg(test)]
mod tests {
    use super::super::listing::tests::file;
    use super::*;

    fn page(path: &[u8], entries: &[Entry<'_>], query: &[u8]) -> String {
        String::from_utf8(html(path, entries, Sort::from_query(query))).expect("UTF-8")
    }

    #[test]
    fn names_are_escaped_in_text_and_encoded_in_links() {
        let page = page(b"/", &[file(b"<b>\"x\" & 100%.txt", 1)], b"");
        assert!(
            page.contains("href=\"%3Cb%3E%22x%22%20%26%20100%25.txt\""),
            "{page}"
        );
        assert!(
            page.contains("&lt;b&gt;&quot;x&quot; &amp; 100%.txt</a>"),
            "{page}"
        );
        assert!(!page.contains("<b>"), "{page}");
    }

    #[test]
    fn a_name_can_not_pass_for_a_scheme_or_a_host() {
        let page = page(
            b"/",
            &[file(b"javascript:alert(1)", 1), file(b"//evil", 1)],
            b"",
        );
        assert!(
            page.contains("href=\"javascript%3Aalert%281%29\""),
            "{page}"
        );
        assert!(page.contains("href=\"%2F%2Fevil\""), "{page}");
    }

    #[test]
    fn sizes_are_human_and_exact() {
        let page = page(b"/", &[file(b"big", 1_234_567)], b"");
        assert!(
            page.contains("title=\"1,234,567 bytes\">1.2 MiB</data>"),
            "{page}"
        );
        assert!(page.contains("0 folders, 1 file,"), "{page}");
    }

    #[test]
    fn the_breadcrumb_links_every_folder_above() {
        let page = page(b"/a b/<c>/d/", &[], b"");
        assert!(
            page.contains("<a href=\"/\">/</a><a href=\"/a%20b/\">a b</a>"),
            "{page}"
        );
        assert!(
            page.contains("<a href=\"/a%20b/%3Cc%3E/\">&lt;c&gt;</a>"),
            "{page}"
        );
        assert!(
            page.contains("<span aria-current=\"page\">d</span>"),
            "{page}"
        );
        assert!(page.contains("href=\"../\""), "{page}");
    }

    #[test]
    fn the_root_has_no_way_up() {
        assert!(!page(b"/", &[], b"").contains("../"));
    }

    #[test]
    fn the_sorted_column_offers_the_other_direction() {
        let page = page(b"/", &[], b"sort=size&order=desc");
        assert!(page.contains("aria-sort=\"descending\"><a href=\"?sort=size&amp;order=asc\">"));
        assert!(page.contains("aria-sort=\"none\"><a href=\"?sort=name&amp;order=asc\">"));
        assert!(page.contains("aria-sort=\"none\"><a href=\"?sort=time&amp;order=desc\">"));
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let page = page(b"/x/", &[file(b"a", 1)], b"");
        for loader in ["http:", "https:", "<script", "@import", "url("] {
            assert!(!page.contains(loader), "{loader}");
        }
    }
}
