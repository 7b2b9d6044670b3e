//! What examination found in an item, as part of its page.

use serde_json::{Map, Value};
use vidimus_archive::query::{ContradictionLine, ShownExamination, TimeLine};
use vidimus_model::{ClaimSource, Precision, TimeOf};

use super::card::Page;
use super::{Lang, examined, numbers, safe, say};

/// How many lines of one kind are shown; JSON has all.
const LISTED: usize = 12;

impl Page {
    /// That its bytes are what a tool made of a container's.
    pub(super) fn unpacked(&mut self, fields: &Map<String, Value>, shown: &ShownExamination) {
        let Some(container) = &shown.contained_in else { return };
        let tool = fields.get("tool").and_then(Value::as_str).map(safe::text).unwrap_or_default();
        let version = fields.get("tool_version").and_then(Value::as_str).map(safe::text).unwrap_or_default();
        let text = say!(
            self.lang,
            "{container}, by the tool {tool} {version}: its bytes are what the tool made of it",
            "{container}, інструментом {tool} {version}: його байти такі, якими їх зробив інструмент",
            "{container}, инструментом {tool} {version}: его байты такие, какими их сделал инструмент",
        );
        self.fact(["unpacked from", "розпаковано з", "распаковано из"], Some(text));
    }

    /// What was found in it.
    pub(super) fn examination(&mut self, shown: &ShownExamination) {
        let lang = self.lang;
        if shown.stages.is_empty() {
            let not_yet = lang.pick("not yet", "ще ні", "ещё нет");
            self.fact(["examined", "досліджено", "исследовано"], Some(not_yet.to_owned()));
            return;
        }
        let original = shown.of.as_ref().map(ToString::to_string);
        self.fact(["looked at as", "розглянуто як", "рассмотрено как"], original);
        if let Some(kind) = &shown.kind {
            let mut text =
                format!("{} ({})", examined::group(lang, kind.group), safe::text(&kind.media_type));
            if kind.ending_fits == Some(false) {
                text += lang.pick(
                    "; its name ends otherwise",
                    "; назва має інше закінчення",
                    "; у названия другое окончание",
                );
            }
            self.fact(["kind", "вид", "вид"], Some(text));
        }
        for camera in &shown.cameras {
            let mut text = safe::text(&camera.label);
            text += " (";
            text += if camera.given {
                lang.pick("given by a member", "віднесено учасником", "отнесено участником")
            } else {
                lang.pick("claimed", "за власними даними", "по собственным данным")
            };
            text += ")";
            let clock = examined::clock(lang, camera.said.as_ref());
            if !clock.is_empty() {
                text += lang.pick("; clock ", "; годинник ", "; часы ");
                text += &clock;
            }
            self.fact(["camera", "камера", "камера"], Some(text));
        }
        self.some(["claimed time", "вказаний час", "указанное время"], &shown.times, |line| time(lang, line));
        self.some(
            ["contradiction", "суперечність", "противоречие"],
            &shown.contradictions,
            |found| contradiction(lang, found, &shown.times),
        );
        self.some(["fact", "дані", "данные"], &shown.facts, |fact| {
            format!("{}: {}", safe::text(&fact.name), safe::text(&fact.untrusted_value))
        });
        for made in shown
            .derivatives
            .iter()
            .filter(|line| line.made.look.is_none_or(|look| look == vidimus_model::Look::Blurred))
        {
            let kind = serde_json::to_value(made.made.kind).ok();
            let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
            let text =
                format!("{kind}, {} ({})", numbers::size(lang, made.made.size), safe::text(&made.tool_name));
            self.fact(["made of it", "зроблено з нього", "сделано из него"], Some(text));
        }
        self.some(
            ["spoken, beside it", "сказане, поруч", "сказанное, рядом"],
            &shown.transcripts,
            |line| format!("{} {}", line.reference, safe::text(&line.path.to_text())),
        );
        let spoken_in = ["what is said in", "що сказано в", "что сказано в"];
        self.some(spoken_in, &shown.spoken_in, ToString::to_string);
        self.some(["contains", "містить", "содержит"], &shown.contained, ToString::to_string);
        self.some(["not taken", "не прийнято", "не принято"], &shown.not_taken, |what| {
            safe::text(&what.untrusted_path)
        });
        for line in &shown.failures {
            let (stage, reason) = (examined::stage(lang, line.stage), examined::reason(lang, line.reason));
            let text = format!("{stage}: {reason} ({})", safe::text(&line.tool));
            self.fact(["not examined", "не досліджено", "не исследовано"], Some(text));
        }
    }

    fn some<T>(&mut self, names: [&str; 3], all: &[T], line: impl Fn(&T) -> String) {
        for one in all.iter().take(LISTED) {
            self.fact(names, Some(line(one)));
        }
        if all.len() > LISTED {
            self.fact(names, Some("… --json".to_owned()));
        }
    }
}

/// `its name says 2024-05-14 08:00:00, burnt into the picture 2024-05-14 09:00:00: 3,600 s later`.
fn contradiction(lang: Lang, found: &ContradictionLine, times: &[TimeLine]) -> String {
    let (Some(one), Some(other)) = (times.get(found.one), times.get(found.other)) else {
        return String::new();
    };
    let told = |line: &TimeLine| {
        let time = line.corrected.unwrap_or(line.claim.time).to_string().replace('T', " ");
        format!("{}: {time}", examined::source(lang, line.claim.source))
    };
    let (one, other) = (told(one), told(other));
    let apart = numbers::count(lang, found.later_by.unsigned_abs());
    let apart = if found.later_by < 0 {
        say!(lang, "{apart} s earlier", "на {apart} с раніше", "на {apart} с раньше")
    } else {
        say!(lang, "{apart} s later", "на {apart} с пізніше", "на {apart} с позже")
    };
    let mut text = format!("{one}; {other} ({apart})");
    if let Some(zone) = found.agree_in_zone {
        let zone = self::zone(lang, Some(zone));
        text += &say!(
            lang,
            "; both agree if the zone that is not known is {zone}",
            "; збігаються, якщо невідомий пояс - {zone}",
            "; совпадают, если неизвестный пояс - {zone}",
        );
    }
    text
}

/// When it began by the claims of its camera's own clock, the corrected time first; empty where nothing claims it. `*` stands
/// beside a corrected time, `?` where there is another claim as well.
pub fn begins(lines: &[TimeLine]) -> String {
    let rank = |line: &&TimeLine| {
        let source = match line.claim.source {
            ClaimSource::BurntIn => 0,
            ClaimSource::Path => 1,
            ClaimSource::Metadata => 2,
            ClaimSource::Text => 3,
            ClaimSource::FileSystem => 4,
        };
        (line.claim.source == ClaimSource::FileSystem, line.claim.precision == Precision::Day, source)
    };
    let Some(line) = lines.iter().min_by_key(rank) else { return String::new() };
    let time = line.corrected.unwrap_or(line.claim.time);
    let shown = match line.claim.precision {
        Precision::Day => time.date().to_string(),
        Precision::Minute | Precision::Second => time.strftime("%Y-%m-%d %H:%M").to_string(),
    };
    let mark = if line.corrected.is_some() { "*" } else { "" };
    let agrees = |other: &TimeLine| {
        let said = other.corrected.unwrap_or(other.claim.time);
        said == time || other.claim.precision == Precision::Day && said.date() == time.date()
    };
    let others = if lines.iter().all(agrees) { "" } else { "?" };
    format!("{shown}{mark}{others}")
}

/// What the marks beside times mean.
pub fn marks(lang: Lang) -> &'static str {
    lang.pick(
        "*: corrected by what a member said of the camera's clock.\n?: there are other claims: vidimus show REF",
        "*: з поправкою учасника до годинника камери.\n?: є й інші дані: vidimus show ПОСИЛАННЯ",
        "*: с поправкой участника к часам камеры.\n?: есть и другие данные: vidimus show ССЫЛКА",
    )
}

/// `2024-05-14 08:00:00, zone unknown: its name; corrected 2024-05-14 07:00:00`.
fn time(lang: Lang, line: &TimeLine) -> String {
    let claim = &line.claim;
    let shown = claim.time.to_string().replace('T', " ");
    let shown = if claim.precision == Precision::Day {
        shown.split(' ').next().unwrap_or("").to_owned()
    } else {
        shown
    };
    let of = match claim.of {
        TimeOf::Beginning => "",
        TimeOf::End => lang.pick(", its end", ", кінець", ", конец"),
        TimeOf::Moment => lang.pick(", a moment in it", ", мить у ньому", ", момент в нём"),
        TimeOf::Change => lang.pick(", last change", ", остання зміна", ", последнее изменение"),
    };
    let zone = zone(lang, claim.zone);
    let source = examined::source(lang, claim.source);
    let mut text = format!("{shown} ({zone}{of}): {source}");
    if let Some(confidence) = claim.confidence {
        text += &format!(" ({confidence} %)");
    }
    if let Some(corrected) = line.corrected {
        let corrected = corrected.to_string().replace('T', " ");
        let zone = self::zone(lang, line.corrected_zone);
        text += &say!(
            lang,
            "; corrected {corrected} ({zone})",
            "; з поправкою {corrected} ({zone})",
            "; с поправкой {corrected} ({zone})",
        );
    }
    text
}

fn zone(lang: Lang, minutes: Option<i16>) -> String {
    match minutes {
        None => lang.pick("zone unknown", "пояс невідомий", "пояс неизвестен").to_owned(),
        Some(minutes) => {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::{Lang, marks};

    #[test]
    fn each_mark_is_explained_on_a_line_of_its_own() {
        for lang in [Lang::En, Lang::Uk, Lang::Ru] {
            assert!(marks(lang).lines().count() == 2 && marks(lang).lines().all(|line| line.width() <= 80));
        }
    }
}
