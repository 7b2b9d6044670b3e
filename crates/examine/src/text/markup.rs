//! The text of HTML: what a reader would see, without scripts and marks.

use crate::text::charset::{self, Decoded};

/// Elements whose content nobody sees.
const UNSEEN: [&str; 5] = ["script", "style", "noscript", "template", "head"];
/// Elements that flow within a line.
const WITHIN: [&str; 16] = [
    "a", "b", "i", "u", "em", "strong", "span", "font", "small", "sub", "sup", "code", "abbr", "mark", "s",
    "o:p",
];

/// Reads bytes of HTML in the encoding that they name, else in the one that is guessed.
pub(crate) fn decode(untrusted: &[u8]) -> Decoded {
    let head = String::from_utf8_lossy(untrusted.get(..untrusted.len().min(4096)).unwrap_or_default())
        .to_lowercase();
    let named = head.find("charset=").and_then(|at| {
        let rest = head.get(at + 8..)?.trim_start_matches(['"', '\'']);
        rest.split(|c: char| !c.is_ascii_alphanumeric() && !"-_:".contains(c)).next()
    });
    let guess = charset::decode(untrusted);
    match named {
        // Whoever saved the page in UTF-8 did not always change what it says of itself.
        Some(label) if guess.guessed => charset::decode_as(label, untrusted).unwrap_or(guess),
        _ => guess,
    }
}

/// What stands between the marks.
pub(crate) fn text(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, mark) = rest.split_at(at);
        flow(&mut text, before);
        if let Some(comment) = mark.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
            continue;
        }
        let inner = mark.get(1..).unwrap_or_default();
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
            text.push('<');
            rest = inner;
            continue;
        }
        let (tag, behind) = inner.split_once('>').unwrap_or((inner, ""));
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == ':')
            .take(20)
            .collect();
        let name = name.to_ascii_lowercase();
        rest = behind;
        if UNSEEN.contains(&name.as_str()) && !tag.starts_with('/') && !tag.ends_with('/') {
            rest = end_of(&name, behind, &mut text);
        } else if matches!(name.as_str(), "td" | "th") {
            text.push('\t');
        } else if !WITHIN.contains(&name.as_str()) && !text.ends_with('\n') {
            text.push('\n');
        }
    }
    flow(&mut text, rest);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Behind the end of an element that is not seen; of a head the title is kept.
fn end_of<'a>(name: &str, html: &'a str, text: &mut String) -> &'a str {
    let low = html.to_ascii_lowercase();
    let end = low.find(&format!("</{name}"));
    // Many pages never end their head.
    let end = if name == "head" { low.find("<body").into_iter().chain(end).min() } else { end };
    let (inside, behind) = html.split_at(end.unwrap_or(html.len()));
    if name == "head"
        && let Some(at) = low.get(..inside.len()).and_then(|low| low.find("<title"))
        && let Some((_, title)) = inside.get(at..).and_then(|rest| rest.split_once('>'))
    {
        flow(text, title.split('<').next().unwrap_or_default());
        text.push('\n');
    }
    behind
}

/// Adds text with its blanks folded and its names of letters replaced.
fn flow(text: &mut String, raw: &str) {
    let mut blank = raw.starts_with(char::is_whitespace);
    for word in raw.split_whitespace() {
        if blank && !text.ends_with(char::is_whitespace) && !text.is_empty() {
            text.push(' ');
        }
        entities(text, word);
        blank = true;
    }
    if raw.ends_with(char::is_whitespace) && !text.ends_with(char::is_whitespace) {
        text.push(' ');
    }
}

/// Replaces `&amp;`, `&#1078;` and their kin.
pub(crate) fn entities(text: &mut String, raw: &str) {
    const NAMES: [(&str, &str); 14] = [
        ("amp", "&"),
        ("lt", "<"),
        ("gt", ">"),
        ("quot", "\""),
        ("apos", "'"),
        ("nbsp", " "),
        ("laquo", "«"),
        ("raquo", "»"),
        ("mdash", "—"),
        ("ndash", "–"),
        ("hellip", "…"),
        ("shy", ""),
        ("copy", "©"),
        ("bull", "•"),
    ];
    let mut rest = raw;
    while let Some((before, behind)) = rest.split_once('&') {
        text.push_str(before);
        let named = behind.split_once(';').filter(|(name, _)| name.len() <= 10);
        let read = named.and_then(|(name, after)| {
            let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => number.parse().ok(),
            });
            let letter = number.and_then(char::from_u32).map(String::from);
            let known =
                || NAMES.iter().find(|(known, _)| *known == name).map(|(_, letters)| (*letters).to_owned());
            Some((letter.or_else(known)?, after))
        });
        match read {
            Some((letters, after)) => {
                text.push_str(&letters);
                rest = after;
            }
            None => {
                text.push('&');
                rest = behind;
            }
        }
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_sees_is_kept_and_nothing_else() {
        let html = "<html><head><title>Камера 3</title><style>p{}</style></head><body><p>Во<b>да</b> &amp; хлеб&nbsp;&#1078;</p>\
                    <script>alert('x')</script><!-- hidden --><ul><li>раз<li>два</ul>a < b<table><tr><td>1<td>2</table>";
        assert_eq!(text(html), "Камера 3\nВода & хлеб ж\nраз\nдва\na < b\n1\t2");
        assert_eq!(text("<script>never ends"), "");
        assert_eq!(text("&bogus; &#xffffffff; &"), "&bogus; &#xffffffff; &");
    }

    #[test]
    fn the_named_encoding_is_taken_where_bytes_do_not_tell() {
        let html = "<meta charset=windows-1251><p>ИК-900";
        let bytes = encoding_rs::WINDOWS_1251.encode(html).0.into_owned();
        assert_eq!(decode(&bytes).text, html);
        let wrong = "<meta charset=windows-1251><p>ИК-900".as_bytes();
        assert_eq!(decode(wrong).text, html);
    }
}
