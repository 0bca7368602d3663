//! The body of an error response where a route has no page of its own: one sentence.

use super::escape::push_text;

/// The page of a status; `reason` is the phrase of the status line.
pub fn html(status: u16, reason: &str) -> Vec<u8> {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{status} "
    );
    push_text(&mut html, reason.as_bytes());
    html.push_str("</title>\n<style>");
    html.push_str(STYLE);
    html.push_str("</style>\n</head>\n<body>\n<main>\n<h1>");
    html.push_str(&status.to_string());
    html.push(' ');
    push_text(&mut html, reason.as_bytes());
    html.push_str("</h1>\n<p>");
    html.push_str(sentence(status));
    html.push_str("</p>\n</main>\n</body>\n</html>\n");
    html.into_bytes()
}

/// What happened, said to the person in front of the browser.
fn sentence(status: u16) -> &'static str {
    match status {
        400 => "The request was not understood.",
        403 => "You may not see this.",
        404 => "There is nothing at this address.",
        405 => "This address does not take that method.",
        408 => "The request took too long to arrive.",
        412 => "What you have is no longer what is here.",
        413 => "The request is larger than this server takes.",
        414 => "The address is longer than this server takes.",
        416 => "The requested part lies outside of the file.",
        417 => "The server can not meet what the request expects.",
        431 => "The request's header is larger than this server takes.",
        501 => "This server does not know that method.",
        502 => "The server behind this one gave no valid answer.",
        503 => "The server is too busy, please try again in a moment.",
        504 => "The server behind this one took too long.",
        505 => "This server does not speak that version of HTTP.",
        500..=599 => "Something went wrong on the server.",
        _ => "The request can not be answered.",
    }
}

const STYLE: &str = "
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#fbfbfa;color:#1d2329;\
font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{padding:2rem;text-align:center}
h1{font-size:1.5rem;margin:0 0 .5rem}
p{margin:0;color:#69737d}
@media(prefers-color-scheme:dark){body{background:#14181c;color:#e3e7ea}p{color:#8d98a3}}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_status_and_says_one_sentence() {
        let page = String::from_utf8(html(404, "Not Found")).expect("UTF-8");
        assert!(page.contains("<title>404 Not Found</title>"), "{page}");
        assert!(
            page.contains("<p>There is nothing at this address.</p>"),
            "{page}"
        );
        assert!(page.len() < 1200, "{} bytes", page.len());
    }

    #[test]
    fn a_reason_can_not_leave_its_place() {
        let page = String::from_utf8(html(599, "<script>")).expect("UTF-8");
        assert!(!page.contains("<script>"), "{page}");
        assert!(
            page.contains("Something went wrong on the server."),
            "{page}"
        );
    }
}
