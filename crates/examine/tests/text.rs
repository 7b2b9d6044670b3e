//! Text of documents, tables and notes, with its places, its encoding and its language.

mod common;

use std::io::{Cursor, Write as _};

use common::{Item, ended, examine, facts};
use encoding_rs::{IBM866, KOI8_R, WINDOWS_1251};
use vidimus_examine::Findings;
use vidimus_model::{DerivativeKind, End, Reason, Stage, Text, TextPlace};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const RUSSIAN: &str = "Осмотр камеры 12 проведён 3 марта. Жалоб на условия содержания не поступало.";
const UKRAINIAN: &str = "Огляд камери проведено третього березня. Її стіни вогкі, є підпис чергового.";

fn text(findings: &Findings) -> Text {
    let made: Vec<_> = findings.made.iter().filter(|made| made.look.is_none()).collect();
    assert_eq!(made.len(), 1, "{:?}", findings.tools);
    assert_eq!(made[0].media_type, "application/vnd.vidimus.text+json");
    serde_json::from_slice(&made[0].bytes).unwrap()
}

fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        // OpenDocument's first member is read without unpacking it.
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(*name, if *name == "mimetype" { stored } else { SimpleFileOptions::default() })
            .unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_note_is_read_in_each_old_encoding_and_the_guess_is_called_one() {
    for (encoding, name) in [(WINDOWS_1251, "windows-1251"), (KOI8_R, "koi8-r"), (IBM866, "cp866")] {
        let bytes = encoding.encode(RUSSIAN).0.into_owned();
        let text = text(&examine(&Item::new("ЗАПИСКА.TXT", bytes), &[Stage::Text]));
        assert_eq!(text.parts[0].text, RUSSIAN);
        assert_eq!((text.charset.as_deref(), text.charset_guessed), (Some(name), true));
        assert_eq!(text.language.as_deref(), Some("rus"));
    }
    let text = text(&examine(&Item::new("a.txt", UKRAINIAN), &[Stage::Text]));
    assert_eq!((text.charset.as_deref(), text.charset_guessed), (Some("utf-8"), false));
    assert_eq!(text.language.as_deref(), Some("ukr"));
    assert_eq!(text.parts[0].place, TextPlace::Line(1));
}

#[test]
fn documents_of_today_are_read_with_pages_and_what_they_say_of_themselves() {
    let core = "<cp:coreProperties><dc:creator>И. Вымышленный</dc:creator>\
                <dcterms:created>2024-05-14T08:00:00Z</dcterms:created></cp:coreProperties>";
    let docx = zip(&[
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", &format!("<w:p><w:r><w:t>{RUSSIAN}</w:t></w:r></w:p>")),
        ("word/comments.xml", "<w:p><w:t>замечание</w:t></w:p>"),
        ("docProps/core.xml", core),
    ]);
    let findings = examine(&Item::new("a.docx", docx), &[Stage::First, Stage::Text]);
    assert_eq!(facts(&findings, "office.creator"), ["И. Вымышленный"]);
    assert_eq!(findings.times[0].zone, Some(0));
    let read = text(&findings);
    assert_eq!(read.parts[0].text, RUSSIAN);
    assert_eq!(
        (&read.parts[1].place, &*read.parts[1].text),
        (&TextPlace::Field("comments".into()), "замечание")
    );

    let slide = |words: &str| format!("<p:sld><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:sld>");
    let pptx = zip(&[
        ("[Content_Types].xml", "<Types/>"),
        ("ppt/slides/slide10.xml", &slide("десять")),
        ("ppt/slides/slide2.xml", &slide("два")),
    ]);
    let read = text(&examine(&Item::new("a.pptx", pptx), &[Stage::Text]));
    let parts: Vec<_> = read.parts.iter().map(|part| (part.place.clone(), part.text.as_str())).collect();
    assert_eq!(parts, [(TextPlace::Page(2), "два"), (TextPlace::Page(10), "десять")]);

    let odt = zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        (
            "content.xml",
            &format!("<office:text><text:h>Глава</text:h><text:p>{UKRAINIAN}</text:p></office:text>"),
        ),
    ]);
    let read = text(&examine(&Item::new("a.odt", odt), &[Stage::Text]));
    assert_eq!(read.parts[0].text, format!("Глава\n{UKRAINIAN}"));
}

#[test]
fn a_table_is_read_sheet_by_sheet() {
    let xlsx = zip(&[
        ("[Content_Types].xml", "<Types/>"),
        (
            "_rels/.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
        ),
        (
            "xl/workbook.xml",
            "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"Список\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
        ),
        (
            "xl/worksheets/sheet1.xml",
            "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Камера</t></is></c><c r=\"B1\"><v>12</v></c></row></sheetData></worksheet>",
        ),
    ]);
    let read = text(&examine(&Item::new("a.xlsx", xlsx), &[Stage::Text]));
    assert_eq!(
        (&read.parts[0].place, &*read.parts[0].text),
        (&TextPlace::Sheet("Список".into()), "Камера\t12")
    );
}

#[test]
fn subtitles_become_a_transcript() {
    let srt = "1\n00:00:01,000 --> 00:00:02,000\nСтой\n";
    let findings = examine(&Item::new("a.srt", srt), &[Stage::Text]);
    assert_eq!(findings.made[0].kind, DerivativeKind::Transcript);
    assert_eq!(text(&findings).parts[0].place, TextPlace::Time { from: 1000, to: 2000 });
}

#[test]
fn a_damaged_document_says_so_and_an_empty_one_says_nothing() {
    let broken = zip(&[("[Content_Types].xml", "<Types/>"), ("word/other.xml", "")]);
    let findings = examine(&Item::new("a.docx", broken), &[Stage::Text]);
    assert_eq!(ended(&findings, Stage::Text), (End::Failed, Some(Reason::Damaged)));
    let findings = examine(&Item::new("a.html", "<html><script>x</script></html>"), &[Stage::Text]);
    assert_eq!(ended(&findings, Stage::Text).0, End::Nothing);
    assert!(findings.made.is_empty());
}

#[test]
fn pages_of_a_pdf_are_read_with_their_numbers() {
    if !std::path::Path::new("/usr/bin/pdftotext").exists() {
        println!("skipped: pdftotext is not installed");
        return;
    }
    let pdf = pdf(&["first page", "second page"]);
    let findings = examine(&Item::new("a.pdf", pdf), &[Stage::First, Stage::Text]);
    assert_eq!(facts(&findings, "pdf.pages"), ["2"], "{:?}", findings.tools);
    assert_eq!(facts(&findings, "pdf.creator"), ["Plainly Fictional"]);
    assert_eq!(findings.times[0].time.to_string(), "2024-05-14T08:00:00");
    assert_eq!(findings.times[0].zone, Some(180));
    let read = text(&findings);
    let parts: Vec<_> = read.parts.iter().map(|part| (part.place.clone(), part.text.as_str())).collect();
    assert_eq!(parts, [(TextPlace::Page(1), "first page"), (TextPlace::Page(2), "second page")]);
    let findings = examine(&Item::new("a.pdf", &b"%PDF-1.7\nnothing"[..]), &[Stage::Text]);
    assert_eq!(ended(&findings, Stage::Text), (End::Failed, Some(Reason::Damaged)));
}

/// A PDF of lines, one on each page.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 4 + n * 2)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    for (number, words) in pages.iter().enumerate() {
        let content = format!("BT /F1 24 Tf 50 700 Td ({words}) Tj ET");
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + number * 2
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    objects.push("<< /Creator (Plainly Fictional) /CreationDate (D:20240514080000+03'00') >>".to_owned());
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
    }
    let table = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    places.iter().for_each(|at| bytes.extend(format!("{at:010} 00000 n \n").bytes()));
    let size = objects.len() + 1;
    bytes.extend(
        format!(
            "trailer << /Size {size} /Root 1 0 R /Info {} 0 R >>\nstartxref\n{table}\n%%EOF",
            objects.len()
        )
        .bytes(),
    );
    bytes
}
