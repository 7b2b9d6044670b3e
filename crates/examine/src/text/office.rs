//! Office documents of today: the text of their XML, page by page or sheet by sheet, and what they say of themselves.

use std::io::{Read, Seek};

use calamine::{Data, Ods, Reader as _, Xls, Xlsb, Xlsx};
use vidimus_model::{Reason, TextPlace};
use zip::ZipArchive;

use crate::kind::Kind;
use crate::text::markup;
use crate::text::parts::Parts;

/// The most that one part of a document may unpack to.
const PART: u64 = 128 << 20;
/// More slides or chapters than are read.
const PAGES: usize = 5000;
/// More columns than are read of a sheet.
const COLUMNS: usize = 2000;

/// What a document says of itself: names as in the XML, without their spaces of names.
pub(crate) fn properties(untrusted: impl Read + Seek) -> Vec<(String, String)> {
    let Ok(mut zip) = ZipArchive::new(untrusted) else { return Vec::new() };
    let mut found = Vec::new();
    for part in ["docProps/core.xml", "docProps/app.xml", "meta.xml"] {
        let Ok(xml) = part_of(&mut zip, part) else { continue };
        for (name, value) in leaves(&xml).into_iter().take(100) {
            found.push((format!("office.{name}"), value));
        }
    }
    found
}

/// The text of a document that is a zip of XML.
///
/// # Errors
/// It cannot be read as what it is.
pub(crate) fn text(kind: Kind, untrusted: impl Read + Seek, parts: &mut Parts) -> Result<(), Reason> {
    let mut zip = ZipArchive::new(untrusted).map_err(|_| Reason::Damaged)?;
    let mut names: Vec<String> =
        zip.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    names.sort_by_key(|name| (number_in(name), name.clone()));
    match kind {
        Kind::Docx => {
            parts.add(&TextPlace::Whole, &flow(&part_of(&mut zip, "word/document.xml")?));
            for other in ["footnotes", "endnotes", "comments", "header", "footer"] {
                let begin = format!("word/{other}");
                for name in
                    names.iter().filter(|name| name.starts_with(&begin) && name.ends_with(".xml")).take(50)
                {
                    let xml = part_of(&mut zip, name)?;
                    parts.add(&TextPlace::Field(other.to_owned()), &flow(&xml));
                }
            }
        }
        Kind::Pptx => {
            for (folder, notes) in [("ppt/slides/slide", false), ("ppt/notesSlides/notesSlide", true)] {
                for name in
                    names.iter().filter(|name| name.starts_with(folder) && name.ends_with(".xml")).take(PAGES)
                {
                    let xml = part_of(&mut zip, name)?;
                    let page = TextPlace::Page(number_in(name).max(1));
                    let place =
                        if notes { TextPlace::Field(format!("notes {}", number_in(name))) } else { page };
                    parts.add(&place, &flow(&xml));
                }
            }
        }
        Kind::Odp => {
            let xml = part_of(&mut zip, "content.xml")?;
            for (number, page) in (1u32..).zip(xml.split("<draw:page ").skip(1).take(PAGES)) {
                parts.add(&TextPlace::Page(number), &flow(page));
            }
        }
        Kind::Epub => {
            let is_chapter =
                |name: &&String| [".xhtml", ".html", ".htm"].iter().any(|ending| name.ends_with(ending));
            for name in names.iter().filter(is_chapter).take(PAGES) {
                let xml = part_of(&mut zip, name)?;
                parts.add(&TextPlace::Field(name.clone()), &markup::text(&xml));
            }
        }
        _ => parts.add(&TextPlace::Whole, &flow(&part_of(&mut zip, "content.xml")?)),
    }
    Ok(())
}

/// The text of a table, sheet by sheet.
///
/// # Errors
/// It cannot be read as what it is.
pub(crate) fn table<F: Read + Seek>(kind: Kind, mut untrusted: F, parts: &mut Parts) -> Result<(), Reason> {
    match kind {
        Kind::Xls => sheets(
            Xls::new(untrusted).map_err(|error| {
                if format!("{error:?}").contains("Password") {
                    Reason::NeedsPassword
                } else {
                    Reason::Damaged
                }
            })?,
            parts,
        ),
        Kind::Ods => sheets(Ods::new(untrusted).map_err(|_| Reason::Damaged)?, parts),
        _ => match Xlsx::new(&mut untrusted) {
            Ok(book) => sheets(book, parts),
            Err(_) => {
                untrusted.rewind().map_err(|_| Reason::Unreadable)?;
                sheets(Xlsb::new(untrusted).map_err(|_| Reason::Damaged)?, parts)
            }
        },
    }
}

fn sheets<F: Read + Seek, B: calamine::Reader<F>>(mut book: B, parts: &mut Parts) -> Result<(), Reason> {
    let names: Vec<String> = book.sheet_names().into_iter().take(1000).collect();
    let (mut read, mut failed) = (0, 0);
    for name in names {
        let Ok(range) = book.worksheet_range(&name) else {
            failed += 1;
            continue;
        };
        read += 1;
        let place = TextPlace::Sheet(name.chars().take(200).collect());
        let mut text = String::new();
        for row in range.rows() {
            let cells: Vec<String> = row.iter().take(COLUMNS).map(cell).collect();
            let line = cells.join("\t");
            if !line.trim().is_empty() {
                text.push_str(line.trim_end());
                text.push('\n');
            }
            if text.len() > 4000 {
                parts.add(&place, &text);
                text.clear();
            }
            if parts.full {
                return Ok(());
            }
        }
        parts.add(&place, &text);
    }
    if read == 0 && failed > 0 { Err(Reason::Damaged) } else { Ok(()) }
}

/// A cell as a person reads it; a date as a date.
fn cell(data: &Data) -> String {
    match data {
        Data::DateTime(time) => time.to_ymd_hms_milli_text(),
        other => other.to_string().replace(['\n', '\t'], " "),
    }
}

/// Dates of tables, without what they count from.
trait Dated {
    fn to_ymd_hms_milli_text(&self) -> String;
}

impl Dated for calamine::ExcelDateTime {
    fn to_ymd_hms_milli_text(&self) -> String {
        let (year, month, day, hour, minute, second, _) = self.to_ymd_hms_milli();
        if self.is_duration() || year < 1900 {
            return self.as_f64().to_string();
        }
        let date = format!("{year:04}-{month:02}-{day:02}");
        if (hour, minute, second) == (0, 0, 0) {
            date
        } else {
            format!("{date} {hour:02}:{minute:02}:{second:02}")
        }
    }
}

fn part_of<F: Read + Seek>(zip: &mut ZipArchive<F>, name: &str) -> Result<String, Reason> {
    let part = zip.by_name(name).map_err(|error| match error {
        zip::result::ZipError::UnsupportedArchive(words) if words.contains("assword") => {
            Reason::NeedsPassword
        }
        zip::result::ZipError::UnsupportedArchive(_) => Reason::NotSupported,
        _ => Reason::Damaged,
    })?;
    let mut bytes = Vec::new();
    part.take(PART + 1).read_to_end(&mut bytes).map_err(|_| Reason::Damaged)?;
    if bytes.len() as u64 > PART {
        return Err(Reason::TooManyBytes);
    }
    Ok(crate::text::charset::decode(&bytes).text)
}

/// The letters of XML: paragraphs are lines, cells are parted, and no name of an entity of its own is looked up.
pub(crate) fn flow(xml: &str) -> String {
    let (mut text, mut rest, mut shown) = (String::new(), xml, false);
    // In Microsoft's XML letters stand in runs only; in OpenDocument they stand in paragraphs.
    let runs = xml.contains("<w:t") || xml.contains("<a:t");
    while let Some((before, mark)) = rest.split_once('<') {
        if shown || !runs {
            markup::entities(&mut text, before.trim_matches(['\r', '\n']));
        }
        let (tag, behind) = mark.split_once('>').unwrap_or((mark, ""));
        rest = behind;
        let end = tag.split([' ', '/', '\n', '\t', '\r']).next().unwrap_or_default();
        match (
            tag.starts_with('/'),
            tag.trim_start_matches('/').split([' ', '/', '\n', '\t', '\r']).next().unwrap_or_default(),
        ) {
            (false, "w:t" | "a:t" | "w:delText") => shown = !tag.ends_with('/'),
            (true, "w:t" | "a:t" | "w:delText") => shown = false,
            (true, "w:p" | "a:p" | "text:p" | "text:h") => text.push('\n'),
            (false, "w:tab" | "text:tab" | "a:tab")
                if end == tag.trim_end_matches('/').trim_end() || runs || end == "text:tab" =>
            {
                text.push('\t')
            }
            (false, "w:br" | "w:cr" | "a:br" | "text:line-break") => text.push('\n'),
            (true, "w:tc" | "table:table-cell" | "a:tc") => text.push('\t'),
            (false, "text:s") => text.push(' '),
            _ => {}
        }
    }
    if !runs {
        markup::entities(&mut text, rest);
    }
    let lines = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// Elements that hold letters and no elements: names without the part before the colon.
pub(crate) fn leaves(xml: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, &str)> = None;
    for piece in xml.split('<').skip(1) {
        let (tag, value) = piece.split_once('>').unwrap_or((piece, ""));
        match (&open, tag.strip_prefix('/')) {
            (Some((name, value)), Some(_)) if !value.trim().is_empty() => {
                let mut text = String::new();
                markup::entities(&mut text, value.trim());
                found.push((name.clone(), text));
                open = None;
            }
            (_, Some(_)) => open = None,
            _ => {
                let full = tag.split([' ', '/', '\n']).next().unwrap_or_default();
                let name = full.rsplit(':').next().unwrap_or_default();
                let name: String =
                    name.chars().filter(|c| c.is_alphanumeric() || *c == '-').take(60).collect();
                open = (!tag.ends_with('/') && !tag.starts_with(['?', '!'])).then_some((name, value));
            }
        }
    }
    found
}

/// The number that ends a name before its ending.
fn number_in(name: &str) -> u32 {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let digits: String = stem.chars().rev().take_while(char::is_ascii_digit).collect();
    digits.chars().rev().collect::<String>().parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_gives_lines_and_expands_nothing_of_its_own() {
        let word = "<w:p><w:r><w:t>Раз</w:t></w:r><w:tab/><w:t xml:space=\"preserve\"> два</w:t></w:p><w:p><w:t>&lol;&amp;</w:t></w:p>";
        assert_eq!(flow(word), "Раз\t два\n&lol;&");
        let open =
            "<office:text><text:h>Глава</text:h><text:p>a<text:s/>b<text:tab/>c</text:p></office:text>";
        assert_eq!(flow(open), "Глава\na b\tc");
    }

    #[test]
    fn properties_are_leaves() {
        let xml = "<?xml version=\"1.0\"?><cp:core><dc:creator>И. Иванов</dc:creator><dcterms:created x=\"y\">2024-05-14T08:00:00Z</dcterms:created><a/></cp:core>";
        let expected = [("creator", "И. Иванов"), ("created", "2024-05-14T08:00:00Z")];
        assert_eq!(leaves(xml), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
