//! Mails: what their heads say, what is written in them, what is attached; and mailboxes, mail by mail.

use std::io::{self, BufRead, Read as _};

use jiff::civil::DateTime;
use mail_parser::{Address, Message, MessageParser, MimeHeaders as _, PartType};
use vidimus_model::{ClaimSource, Precision, Reason, TextPlace, TimeClaim, TimeOf};

use super::answer::{Answer, Frames, Member};
use crate::text::markup;
use crate::text::parts::Parts;

/// More attachments than a mail has.
const ATTACHED: usize = 10_000;
/// The longest line of a mailbox that is looked at as one.
const LINE: u64 = 1 << 20;

/// Who wrote to whom, when, about what.
pub(crate) fn facts(untrusted: &[u8], answer: &mut Answer) {
    let Some(mail) = MessageParser::default().parse_headers(untrusted) else { return };
    for (name, address) in [("mail.from", mail.from()), ("mail.to", mail.to()), ("mail.cc", mail.cc())] {
        if let Some(address) = address.map(people).filter(|people| !people.is_empty()) {
            answer.fact(name, address);
        }
    }
    if let Some(subject) = mail.subject() {
        answer.fact("mail.subject", subject);
    }
    if let Some(id) = mail.message_id() {
        answer.fact("mail.message-id", id);
    }
    for (name, value) in mail.headers_raw() {
        if ["x-mailer", "user-agent", "x-originating-ip"].iter().any(|one| name.eq_ignore_ascii_case(one)) {
            answer.fact(&format!("mail.{}", name.to_lowercase()), value.trim());
        }
    }
    let said = mail.header_raw("Date").unwrap_or_default().trim().to_owned();
    answer.times.extend(mail.date().and_then(|date| claim("mail.date", &said, date)));
    for received in mail.received_all().take(50) {
        if let Some(date) = received.date() {
            let claim = claim("mail.received", &date.to_rfc3339(), &date);
            answer.times.extend(claim.map(|claim| TimeClaim { of: TimeOf::Change, ..claim }));
        }
    }
}

/// What is written in it.
///
/// # Errors
/// It is no mail.
pub(super) fn text(untrusted: &[u8], parts: &mut Parts) -> Result<(), Reason> {
    let mail = MessageParser::default().parse(untrusted).ok_or(Reason::Damaged)?;
    written(&mail, parts);
    Ok(())
}

fn written(mail: &Message<'_>, parts: &mut Parts) {
    for (field, value) in [
        ("subject", mail.subject().map(str::to_owned)),
        ("from", mail.from().map(people)),
        ("to", mail.to().map(people)),
    ] {
        parts.add(&TextPlace::Field(field.to_owned()), &value.unwrap_or_default());
    }
    for part in mail.text_bodies() {
        match &part.body {
            PartType::Text(text) => parts.add(&TextPlace::Whole, text),
            PartType::Html(html) => parts.add(&TextPlace::Whole, &markup::text(html)),
            _ => {}
        }
    }
}

/// Hands over what is attached; mails in mails as mails.
///
/// # Errors
/// Nobody takes it.
pub(crate) fn take_out(untrusted: &[u8], frames: &mut Frames<'_>) -> io::Result<()> {
    let Some(mail) = MessageParser::default().parse(untrusted) else { return Ok(()) };
    for (number, part) in (1..).zip(mail.attachments().take(ATTACHED)) {
        let (ending, bytes) = match &part.body {
            PartType::Message(inner) => ("eml", inner.raw_message()),
            PartType::Html(_) => ("html", part.contents()),
            PartType::Text(_) => ("txt", part.contents()),
            _ => ("bin", part.contents()),
        };
        let named = part.attachment_name().map(str::to_owned);
        let name = named.or_else(|| part.content_location().map(str::to_owned));
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("{number}.{ending}"));
        frames.member(name.as_bytes(), Member { mode: 0o644, ..Member::default() }, &mut &bytes[..])?;
    }
    Ok(())
}

/// Hands over each mail of a mailbox.
///
/// # Errors
/// Nobody takes it, or the file cannot be read.
pub(crate) fn split(untrusted: &mut dyn BufRead, frames: &mut Frames<'_>) -> io::Result<()> {
    let (mut mail, mut number, mut blank) = (Vec::new(), 0u32, true);
    loop {
        let mut line = Vec::new();
        (&mut *untrusted).take(LINE).read_until(b'\n', &mut line)?;
        let begins = blank && line.starts_with(b"From ");
        if (begins || line.is_empty()) && !mail.is_empty() {
            number += 1;
            let name = format!("{number:06}.eml");
            let says = Member { mode: 0o644, ..Member::default() };
            frames.member(name.as_bytes(), says, &mut &mail[..])?;
            mail.clear();
        }
        if line.is_empty() {
            return Ok(());
        }
        blank = matches!(&line[..], b"\n" | b"\r\n");
        if !begins {
            mail.extend(line);
        }
    }
}

fn people(address: &Address<'_>) -> String {
    let one = |addr: &mail_parser::Addr<'_>| match (&addr.name, &addr.address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(one), None) | (None, Some(one)) => one.to_string(),
        (None, None) => String::new(),
    };
    address.iter().take(500).map(one).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

fn claim(field: &str, said: &str, date: &mail_parser::DateTime) -> Option<TimeClaim> {
    let small = |number: u8| i8::try_from(number).ok();
    let time = DateTime::new(
        i16::try_from(date.year).ok()?,
        small(date.month)?,
        small(date.day)?,
        small(date.hour)?,
        small(date.minute)?,
        small(date.second)?,
        0,
    );
    let minutes = i16::from(date.tz_hour) * 60 + i16::from(date.tz_minute);
    // `-0000` says that the zone is not known, RFC 5322.
    let unknown = said.contains("-0000");
    Some(TimeClaim {
        source: ClaimSource::Text,
        field: field.to_owned(),
        of: TimeOf::Beginning,
        at: None,
        untrusted_text: said.chars().take(100).collect(),
        time: time.ok()?,
        precision: Precision::Second,
        zone: (!unknown).then_some(if date.tz_before_gmt { -minutes } else { minutes }),
        confidence: None,
    })
}
