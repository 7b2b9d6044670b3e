//! What ffprobe tells of a film or recording: technical facts, tags, and the times that its metadata claims.

use std::collections::BTreeMap;

use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use serde::Deserialize;
use vidimus_model::{ClaimSource, End, Precision, Reason, TimeClaim, TimeOf};
use vidimus_sandbox::INPUT;

use super::{complaints, demuxer, guards, limits, words};
use crate::claims::dates;
use crate::work::{Task, Work, cut};

/// What the other steps need to know of a film or recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Film {
    pub demuxer: &'static str,
    /// Milliseconds; none where the container does not say.
    pub duration_ms: Option<u64>,
    /// The first stream of moving pictures: width and height as it is shown.
    pub video: Option<(u32, u32)>,
    pub has_sound: bool,
    /// Width by height with the shape of its pixels, as it is shown; 0 without moving pictures.
    pub aspect: f32,
}

/// Looks into a film or recording, once for all stages; none where it cannot be read, which is written down.
pub(crate) fn film(work: &mut Work<'_>) -> Option<Film> {
    if let Some(film) = &work.film {
        return Some(film.clone());
    }
    let Some(demuxer) = work.kind().and_then(demuxer) else {
        work.not_done("ffprobe", Reason::NotSupported);
        return None;
    };
    if let Some(reason) = work.no_film {
        work.not_done("ffprobe", reason);
        return None;
    }
    let mut call: Vec<String> = ["-hide_banner", "-v", "error", "-threads", "1"].map(str::to_owned).to_vec();
    call.extend(guards(demuxer, work.options.limits.pixels));
    call.extend(["-show_format", "-show_streams", "-of", "json=compact=1", INPUT].map(str::to_owned));
    let mut limits = limits(30);
    limits.output = 4 << 20;
    let ran = work.run(Task { limits, ..Task::new("ffprobe", &words(&call)) });
    let told = serde_json::from_slice::<Told>(ran.untrusted_output()).ok();
    let told = told.filter(|told| !told.streams.is_empty());
    complaints::judge(work, &ran, told.is_some());
    let Some(told) = told else {
        let judged = work.findings.tools.get(ran.tool as usize).and_then(|run| run.reason);
        work.no_film = Some(judged.unwrap_or(Reason::Unknown));
        return None;
    };
    let film = Film { demuxer, ..told.film() };
    // Facts belong to the stage `first`; other stages only need to know the film.
    if work.stage() == vidimus_model::Stage::First {
        for (name, value) in told.facts() {
            work.fact(ran.tool, &name, &value);
        }
        work.findings.times.extend(told.times());
        if film.video.is_none() && !film.has_sound {
            work.judge(ran.tool, End::Partly, Some(Reason::NotSupported), None);
        }
    }
    work.film = Some(film.clone());
    Some(film)
}

/// ffprobe's answer; all of it is as hostile as the file.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Told {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stream {
    codec_name: Option<String>,
    codec_type: Option<String>,
    profile: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    pix_fmt: Option<String>,
    sample_aspect_ratio: Option<String>,
    field_order: Option<String>,
    avg_frame_rate: Option<String>,
    sample_rate: Option<String>,
    channels: Option<u32>,
    duration: Option<String>,
    bit_rate: Option<String>,
    nb_frames: Option<String>,
    disposition: BTreeMap<String, i64>,
    tags: BTreeMap<String, String>,
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SideData {
    rotation: Option<serde_json::Number>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Format {
    format_name: Option<String>,
    duration: Option<String>,
    bit_rate: Option<String>,
    tags: BTreeMap<String, String>,
}

impl Stream {
    /// A cover in a file of music is no film.
    fn is_film(&self) -> bool {
        self.is("video") && self.disposition.get("attached_pic") != Some(&1)
    }

    fn is(&self, kind: &str) -> bool {
        self.codec_type.as_deref() == Some(kind)
    }

    /// Width by height of a pixel.
    fn pixel_shape(&self) -> f32 {
        let said = self.sample_aspect_ratio.as_deref().and_then(|shape| shape.split_once(':'));
        let shape =
            said.and_then(|(width, height)| Some(width.parse::<f32>().ok()? / height.parse::<f32>().ok()?));
        shape.filter(|shape| (0.1..=10.0).contains(shape)).unwrap_or(1.0)
    }

    fn rotation(&self) -> Option<i64> {
        let said = self.side_data_list.iter().find_map(|one| one.rotation.as_ref()?.as_f64());
        said.filter(|angle| angle.is_finite() && angle.abs() <= 360.0).map(|angle| angle.round() as i64)
    }
}

impl Told {
    fn film(&self) -> Film {
        let shown = self.streams.iter().find(|stream| stream.is_film()).and_then(|stream| {
            let (width, height) =
                (stream.width.filter(|side| *side > 0)?, stream.height.filter(|side| *side > 0)?);
            let upright = stream.rotation().is_none_or(|angle| angle.rem_euclid(180) == 0);
            let aspect = width as f32 / height as f32 * stream.pixel_shape();
            Some(if upright { ((width, height), aspect) } else { ((height, width), 1.0 / aspect) })
        });
        let lengths = self.streams.iter().map(|stream| stream.duration.as_deref());
        let duration_ms =
            [self.format.duration.as_deref()].into_iter().chain(lengths).flatten().find_map(milliseconds);
        let has_sound = self.streams.iter().any(|stream| stream.is("audio"));
        let (video, aspect) = (shown.map(|(size, _)| size), shown.map_or(0.0, |(_, aspect)| aspect));
        Film { demuxer: "", duration_ms, video, has_sound, aspect }
    }

    pub(crate) fn facts(&self) -> Vec<(String, String)> {
        let mut facts: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            facts
                .extend(value.filter(|value| !value.trim().is_empty()).map(|value| (name.to_owned(), value)));
        };
        let film = self.film();
        add("container", self.format.format_name.clone());
        add("duration_ms", film.duration_ms.map(|all| all.to_string()));
        add("bit_rate", self.format.bit_rate.clone());
        add("streams", Some(self.streams.len().to_string()));
        let mut counts = BTreeMap::<&str, usize>::new();
        for stream in self.streams.iter().take(STREAMS) {
            let kind = match stream.codec_type.as_deref() {
                Some("video") if !stream.is_film() => "cover",
                Some(kind @ ("video" | "audio" | "subtitle" | "data")) => kind,
                _ => "other",
            };
            let count = counts.entry(kind).or_default();
            *count += 1;
            // The first of a kind by its plain name, the next `codec.audio.2`.
            let named = |name: &str| match *count {
                1 => format!("{name}.{kind}"),
                count => format!("{name}.{kind}.{count}"),
            };
            add(&named("codec"), stream.codec_name.clone());
            add(&named("profile"), stream.profile.clone());
            add(&named("bit_rate"), stream.bit_rate.clone());
            if stream.is_film() && *count == 1 {
                add("width", stream.width.map(|side| side.to_string()));
                add("height", stream.height.map(|side| side.to_string()));
                add("frame_rate", stream.avg_frame_rate.clone().filter(|rate| rate != "0/0"));
                add("frames", stream.nb_frames.clone());
                add("pixel_format", stream.pix_fmt.clone());
                add("pixel_shape", stream.sample_aspect_ratio.clone().filter(|shape| shape != "1:1"));
                add("field_order", stream.field_order.clone());
                add("rotation", stream.rotation().map(|angle| angle.to_string()));
            }
            if stream.is("audio") {
                add(&named("sample_rate"), stream.sample_rate.clone());
                add(&named("channels"), stream.channels.map(|count| count.to_string()));
            }
            for (name, value) in stream.tags.iter().take(TAGS) {
                add(&format!("{}.{}", named("tag"), cut(name, 60)), Some(value.clone()));
            }
        }
        for (name, value) in self.format.tags.iter().take(TAGS) {
            add(&format!("tag.{}", cut(name, 60)), Some(value.clone()));
            let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
            if let "make" | "manufacturer" | "model" | "serial" | "serial_number" | "firmware" = last.as_str()
            {
                let name = if last == "manufacturer" { "make" } else { &last };
                add(&format!("camera.{name}"), Some(value.clone()));
            }
            if (last.starts_with("location") || last == "iso6709")
                && let Some((latitude, longitude)) = position(value)
            {
                add("gps.latitude", Some(latitude.to_string()));
                add("gps.longitude", Some(longitude.to_string()));
            }
        }
        // `location` and `location-eng` say the same.
        let mut seen = std::collections::BTreeSet::new();
        facts.retain(|fact| seen.insert(fact.clone()));
        facts
    }

    pub(crate) fn times(&self) -> Vec<TimeClaim> {
        let all = self.streams.iter().take(STREAMS).map(|stream| &stream.tags).chain([&self.format.tags]);
        let mut claims: Vec<TimeClaim> = Vec::new();
        for (name, value) in all.flat_map(|tags| tags.iter().take(TAGS)) {
            let last = name.rsplit(['.', '/']).next().unwrap_or(name).to_ascii_lowercase();
            let is_time = ["date", "time", "icrd", "idit", "year"].iter().any(|word| last.contains(word))
                && !["timecode", "time_base", "encodingtime_"].contains(&last.as_str());
            let Some((time, precision, zone)) = is_time.then(|| moment(value)).flatten() else { continue };
            let of = if last.contains("modif") { TimeOf::Change } else { TimeOf::Beginning };
            let claim = TimeClaim {
                source: ClaimSource::Metadata,
                field: cut(name, 60),
                of,
                at: None,
                untrusted_text: cut(value, 100),
                time,
                precision,
                zone,
                confidence: None,
            };
            if !claims.contains(&claim) {
                claims.push(claim);
            }
        }
        claims
    }
}

/// Streams that are told of; hostile files name thousands.
const STREAMS: usize = 32;
/// Tags of each.
const TAGS: usize = 100;

/// Seconds with a fraction, as milliseconds.
fn milliseconds(untrusted: &str) -> Option<u64> {
    let seconds: f64 = untrusted.parse().ok()?;
    // Beyond a hundred years it is damage.
    (seconds.is_finite() && (0.0..3.2e9).contains(&seconds)).then(|| (seconds * 1000.0).round() as u64)
}

/// A time as tags write it. A beginning of the count (1904, 1970) means that no clock was set.
fn moment(untrusted: &str) -> Option<(DateTime, Precision, Option<i16>)> {
    let untrusted = untrusted.trim();
    if let Ok(pieces) = Pieces::parse(untrusted) {
        let zone = match pieces.offset() {
            Some(PiecesOffset::Zulu) => Some(0),
            Some(PiecesOffset::Numeric(offset)) => i16::try_from(offset.offset().seconds() / 60).ok(),
            _ => None,
        };
        let precision = if pieces.time().is_some() { Precision::Second } else { Precision::Day };
        let time = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
        let time = time.with().subsec_nanosecond(0).build().ok()?;
        let is_set = dates::plausible(time.year()) && time != jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        return is_set.then_some((time, precision, zone));
    }
    let found = dates::scan(untrusted);
    let [one] = found.as_slice() else { return None };
    Some((one.time, one.precision, one.zone))
}

/// ISO 6709, as phones write where they were: `+50.5714+042.3333/`.
fn position(untrusted: &str) -> Option<(f64, f64)> {
    let untrusted = untrusted.trim_end_matches('/');
    let second = untrusted.get(1..)?.find(['+', '-'])? + 1;
    let third = untrusted[second + 1..].find(['+', '-']).map_or(untrusted.len(), |at| at + second + 1);
    let (latitude, longitude): (f64, f64) =
        (untrusted[..second].parse().ok()?, untrusted[second..third].parse().ok()?);
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some((latitude, longitude))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_tags_keep_their_zone() {
        for (said, time, zone) in [
            ("2018-03-17T21:10:30.000000Z", "2018-03-17T21:10:30", Some(0)),
            ("2024-05-14T08:00:01+0300", "2024-05-14T08:00:01", Some(180)),
            ("2024-05-14 08:00:01", "2024-05-14T08:00:01", None),
        ] {
            let (found, precision, there) = moment(said).unwrap();
            assert_eq!(
                (found.to_string().as_str(), precision, there),
                (time, Precision::Second, zone),
                "{said}"
            );
        }
        for unset in ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z", "", "soon"] {
            assert_eq!(moment(unset), None, "{unset}");
        }
    }

    #[test]
    fn positions_are_read_and_nonsense_is_none() {
        assert_eq!(position("+50.5714+042.3333/"), Some((50.5714, 42.3333)));
        assert_eq!(position("-33.1-070.2+012.5/"), Some((-33.1, -70.2)));
        for nonsense in ["", "+", "+91.0+000.0/", "50", "+ы+1"] {
            assert_eq!(position(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_turned_film_is_shown_upright_and_a_cover_is_no_film() {
        let told: Told = serde_json::from_str(
            r#"{"streams":[{"codec_type":"video","codec_name":"mjpeg","width":9,"height":9,"disposition":{"attached_pic":1}},
            {"codec_type":"video","codec_name":"h264","width":640,"height":360,"sample_aspect_ratio":"9:8","side_data_list":[{"rotation":-90}]},
            {"codec_type":"audio","codec_name":"aac"}],"format":{"duration":"1.5"}}"#,
        )
        .unwrap();
        assert_eq!(
            told.film(),
            Film {
                duration_ms: Some(1500),
                video: Some((360, 640)),
                has_sound: true,
                aspect: 0.5,
                ..Film::default()
            }
        );
    }
}
