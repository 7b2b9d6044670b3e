//! `receipt.html`: one page to print, which needs no script, loads nothing, and works in Tor Browser at its safest level.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::receipt::{BEGIN, END};

use super::Beside;
use super::qr::Qr;
use super::words::{self, Words};

const STYLE: &str = include_str!("page.css");

/// The page of a receipt with these time stamps beside it.
pub fn page(signed: &SignedCheckpoint, stamps: &[Beside]) -> String {
    render(signed, stamps).expect("writing to a String does not fail")
}

fn render(signed: &SignedCheckpoint, stamps: &[Beside]) -> Result<String, std::fmt::Error> {
    let note = signed.to_string();
    let origin = escaped(signed.checkpoint().origin.as_str());
    let mut html = String::new();
    writeln!(html, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    // The page asks for nothing; this says so to the browser, whatever server hands it out.
    writeln!(
        html,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'unsafe-inline'\">"
    )?;
    writeln!(html, "<meta name=\"referrer\" content=\"no-referrer\">")?;
    writeln!(html, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(html, "<title>{}: {origin}</title>", words::ALL[0].title)?;
    writeln!(html, "<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>")?;
    for words in &words::ALL {
        writeln!(html, "<span lang=\"{}\">{}</span>", words.lang, words.title)?;
    }
    // The newline after <pre> is not shown (HTML, 13.1.2.5), so the page's source is a receipt as well as its text.
    writeln!(
        html,
        "</h1>\n<div class=\"note\">\n<pre translate=\"no\">\n{BEGIN}\n{}{END}\n</pre>",
        escaped(&note)
    )?;
    if let Some(qr) = Qr::of(note.as_bytes()) {
        writeln!(html, "<img alt=\"QR\" src=\"data:image/png;base64,{}\">", STANDARD.encode(qr.png()))?;
    }
    html.push_str("</div>\n");
    for words in &words::ALL {
        say(&mut html, words, stamps)?;
    }
    html.push_str("</body>\n</html>\n");
    Ok(html)
}

fn say(html: &mut String, words: &Words, stamps: &[Beside]) -> std::fmt::Result {
    let Words { lang, name, what, lines, check, file, .. } = words;
    writeln!(html, "<section lang=\"{lang}\">\n<h2>{name}</h2>\n<p>{what} {lines}</p>")?;
    writeln!(html, "<p>{check} <code translate=\"no\">{}</code> {file}</p>", words::VERIFY)?;
    if stamps.is_empty() {
        return writeln!(html, "<p>{} {}</p>\n</section>", words.not_stamped, words.dated_by);
    }
    writeln!(html, "<p>{}</p>\n<ul>", words.stamped)?;
    for Beside { file, counted } in stamps {
        let stamp = words.stamp(counted.as_ref());
        writeln!(html, "<li><b>{}</b>: {}</li>", escaped(file), escaped(&stamp))?;
    }
    writeln!(html, "</ul>\n<p><code translate=\"no\">{}</code>", escaped(&words::openssl(&stamps[0].file)))?;
    if stamps.iter().all(|stamp| stamp.counted.is_none()) {
        writeln!(html, "{}", words.dated_by)?;
    }
    writeln!(html, "</p>\n</section>")
}

fn escaped(untrusted_text: &str) -> String {
    untrusted_text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::Counted;
    use super::super::tests::fixed;
    use super::*;
    use vidimus_proof::receipt::read;

    #[test]
    fn the_page_loads_nothing_and_runs_nothing() {
        let html = page(&fixed("archive.example/ik-900"), &[]);
        for refused in ["<script", "http:", "https:", "url(", "@import", "<link", "<svg", "<iframe", "<form"]
        {
            assert!(!html.contains(refused), "{refused}");
        }
        assert_eq!(html.matches("src=").count(), 1);
        assert!(html.contains("src=\"data:image/png;base64,iVBOR"));
    }

    #[test]
    fn the_source_of_the_page_is_a_receipt_too() {
        let signed = fixed("archive.example/ik-900");
        assert_eq!(read(page(&signed, &[]).as_bytes()), Ok(signed));
    }

    #[test]
    fn names_of_others_stay_text() {
        let counted = Counted { at: jiff::Timestamp::UNIX_EPOCH, untrusted_authority: "CN=<b>&\"".into() };
        let stamps = [Beside { file: "token-1.tsr".into(), counted: Some(counted) }];
        let html = page(&fixed("<script>alert(1)</script>"), &stamps);
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
        assert!(html.contains("CN=&lt;b&gt;&amp;&quot;"));
    }
}
