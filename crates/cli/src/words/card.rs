//! Everything known of one thing, on one page.

use serde_json::{Map, Value};
use vidimus_archive::clock::ClockDoubt;
use vidimus_archive::query::{GivenLine, Shown, ShownAccession, ShownItem};
use vidimus_model::{FoundPath, PathEncoding, Ref};

use super::fold::HANG;
use super::{Lang, clocks, numbers, openings, reasons, safe, tells};

/// How many of the things that were not taken are shown.
const LISTED: usize = 20;

/// The page.
pub fn card(lang: Lang, shown: &Shown) -> String {
    let mut page = Page { lang, lines: Vec::new() };
    match shown {
        Shown::Item(item) => page.item(item),
        Shown::Accession(accession) => page.accession(accession),
        Shown::Gone { reference, state, disclosures, .. } => {
            page.lines.push(format!("{reference}: {}", tells::state(lang, *state)));
            page.given(disclosures);
        }
    }
    page.lines.join("\n")
}

pub(super) struct Page {
    pub(super) lang: Lang,
    lines: Vec<String>,
}

/// Where something is read.
const COMPARTMENT: [&str; 3] = ["compartment", "відсік", "отсек"];

impl Page {
    fn item(&mut self, item: &ShownItem) {
        let (lang, fields) = (self.lang, &item.fields);
        self.lines.push(format!("{}: {}", item.reference, tells::state(lang, item.state)));
        self.fact(["path", "шлях", "путь"], path(fields));
        self.fact(COMPARTMENT, Some(safe::text(&item.compartment_name)));
        let size = fields.get("size").and_then(Value::as_u64).unwrap_or_default();
        self.fact(["size", "розмір", "размер"], Some(tells::bytes(lang, size)));
        self.fact(["SHA-256", "SHA-256", "SHA-256"], text(fields, "sha256"));
        let claimed = fields.get("file_system").and_then(Value::as_object).and_then(|says| {
            let zone = text(says, "zone").unwrap_or_default();
            Some(format!("{} ({zone})", text(says, "modified")?))
        });
        self.fact(["claimed time", "вказаний час", "указанное время"], claimed);
        self.our_clock(fields, &item.clock_doubts);
        self.fact(["taken in by", "прийняв(-ла)", "принял(а)"], Some(safe::text(&item.by_name)));
        self.fact(["copy of", "копія", "копия"], text(fields, "copy_of"));
        self.fact(["other copies", "інші копії", "другие копии"], list(&item.copies));
        if text(fields, "reading").as_deref() == Some("changed") {
            let changed = lang.pick(
                "it changed while it was read",
                "змінювався під час читання",
                "менялся во время чтения",
            );
            self.fact(["reading", "читання", "чтение"], Some(changed.to_owned()));
        }
        self.fact(["log index", "номер у журналі", "номер в журнале"], Some(item.seq.to_string()));
        self.unpacked(fields, &item.examination);
        self.examination(&item.examination);
        self.given(&item.disclosures);
    }

    fn accession(&mut self, accession: &ShownAccession) {
        let (lang, fields) = (self.lang, &accession.fields);
        self.lines.push(format!("{}: {}", accession.reference, tells::state(lang, accession.state)));
        self.fact(COMPARTMENT, Some(safe::text(&accession.compartment_name)));
        for source in fields.get("sources").and_then(Value::as_array).into_iter().flatten() {
            self.fact(["from", "звідки", "откуда"], source.as_object().and_then(path));
        }
        self.our_clock(fields, &accession.clock_doubts);
        self.fact(["registrar", "реєстратор", "регистратор"], accession.registrar.as_deref().map(safe::text));
        for line in fields.get("note").and_then(Value::as_str).unwrap_or_default().lines() {
            self.fact(["note", "примітка", "примечание"], Some(safe::text(line)));
        }
        if fields.get("giver").is_some_and(|giver| !giver.is_null()) {
            let sealed = lang.pick(
                "sealed (vidimus unseal)",
                "опечатано (vidimus unseal)",
                "опечатан (vidimus unseal)",
            );
            self.fact(["giver", "хто передав", "передавший"], Some(sealed.to_owned()));
            let mut openings: Vec<String> =
                accession.openings.iter().map(|opened| openings::line(lang, opened)).collect();
            if openings.is_empty() {
                openings.push(openings::none_on_record(lang).to_owned());
            }
            for opening in openings {
                self.fact(["giver opened", "відкрито", "вскрыто"], Some(opening));
            }
        }
        self.fact(["items here", "одиниць тут", "единиц здесь"], Some(numbers::count(lang, accession.items)));
        self.fact(["examined", "досліджено", "исследовано"], Some(numbers::count(lang, accession.examined)));
        if let Some(receipt) = &accession.receipt {
            let counted = [
                (["found", "знайдено", "найдено"], receipt.found),
                (["taken", "прийнято", "принято"], receipt.taken),
                (["copies", "копії", "копии"], receipt.copies),
                (["not taken", "не прийнято", "не принято"], receipt.not_taken),
            ];
            for (names, number) in counted {
                self.fact(names, Some(numbers::count(lang, number)));
            }
            self.fact(["bytes", "байтів", "байтов"], Some(numbers::count(lang, receipt.bytes)));
            let checkpoint = &receipt.checkpoint;
            let head = format!("{} {} {}", checkpoint.origin, checkpoint.size, checkpoint.root);
            self.fact(["checkpoint", "контрольна точка", "контрольная точка"], Some(head));
            self.fact(["receipt", "квитанція", "квитанция"], receipt.public.as_deref().map(safe::path));
        }
        for line in accession.not_taken.iter().take(LISTED) {
            let what = format!("{}: {}", line.path, reasons::not_taken(lang, &line.reason));
            self.fact(["not taken", "не прийнято", "не принято"], Some(what));
        }
        if accession.not_taken.len() > LISTED {
            self.fact(["not taken", "не прийнято", "не принято"], Some("… --json".to_owned()));
        }
        self.given(&accession.disclosures);
    }

    fn our_clock(&mut self, fields: &Map<String, Value>, doubts: &[ClockDoubt]) {
        self.fact(["our clock", "наш годинник", "наши часы"], text(fields, "at"));
        for doubt in doubts {
            let doubt = clocks::doubt(self.lang, doubt);
            self.fact(["but", "але", "но"], Some(doubt));
        }
    }

    fn given(&mut self, disclosures: &[GivenLine]) {
        for given in disclosures {
            let recipient =
                format!("{} ({}), {}", safe::text(&given.recipient), safe::text(&given.purpose), given.at);
            self.fact(["disclosed to", "розкрито для", "раскрыто для"], Some(recipient));
        }
    }

    /// One line; none where nothing is known.
    pub(super) fn fact(&mut self, [en, uk, ru]: [&str; 3], value: Option<String>) {
        let name = self.lang.pick(en, uk, ru);
        if let Some(value) = value {
            self.lines.push(format!("  {name:<18} {HANG}{value}"));
        }
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name)?.as_str().map(safe::text)
}

/// A path as the record writes it, made harmless.
fn path(fields: &Map<String, Value>) -> Option<String> {
    let encoding = match fields.get("path_encoding")?.as_str()? {
        "percent" => PathEncoding::Percent,
        _ => PathEncoding::Utf8,
    };
    FoundPath::from_text(fields.get("path")?.as_str()?, encoding).map(|path| path.to_string())
}

fn list(references: &[Ref]) -> Option<String> {
    (!references.is_empty()).then(|| tells::references(references))
}
