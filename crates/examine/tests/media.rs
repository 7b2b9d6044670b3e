//! Films and sound: facts, times, stills, and films that are damaged or no films at all.

mod common;

use common::film::{Film, made};
use common::{Item, ended, examine, facts};
use vidimus_model::{ClaimSource, DerivativeKind, End, Look, Reason, Stage};

#[test]
fn a_film_tells_its_facts_and_gives_one_still_in_three_looks() {
    let bytes = made(&Film {
        seconds: 4,
        sound: true,
        tags: &["creation_time=2024-05-14T08:00:01Z"],
        ..Film::default()
    });
    let findings = examine(&Item::new("cam03/2024-05-14/08-00-01.mp4", bytes), &[Stage::First]);
    assert_eq!(ended(&findings, Stage::First), (End::Done, None), "{:#?}", findings.tools);
    for (name, value) in [
        ("duration_ms", "4000"),
        ("codec.video", "h264"),
        ("codec.audio", "aac"),
        ("width", "640"),
        ("height", "480"),
        ("frame_rate", "10/1"),
        ("container", "mov,mp4,m4a,3gp,3g2,mj2"),
        ("tag.creation_time", "2024-05-14T08:00:01.000000Z"),
    ] {
        assert_eq!(facts(&findings, name), [value], "{name}");
    }
    let metadata: Vec<_> = findings.times.iter().filter(|one| one.source == ClaimSource::Metadata).collect();
    assert!(metadata.iter().all(|one| one.zone == Some(0) && one.time.to_string() == "2024-05-14T08:00:01"));
    assert!(!metadata.is_empty());
    let path = findings.times.iter().filter(|one| one.source == ClaimSource::Path).count();
    assert_eq!((path, findings.cameras[0].label.as_str()), (2, "cam3"));
    let looks: Vec<_> = findings.made.iter().map(|made| (made.kind, made.look)).collect();
    assert_eq!(
        looks,
        [Look::Blurred, Look::Grey, Look::Clear].map(|look| (DerivativeKind::Still, Some(look)))
    );
    for made in &findings.made {
        assert!(made.bytes.starts_with(b"\xff\xd8") && made.bytes.ends_with(b"\xff\xd9"), "a whole JPEG");
    }
}

#[test]
fn what_is_no_film_behind_its_first_bytes_is_looked_into_once() {
    let item = Item::new("sound", &b"fLaC is how such a sound begins, and this is a note\n"[..]);
    let findings = examine(&item, &Stage::ALL);
    let looked: Vec<_> = findings.tools.iter().filter(|run| run.tool == "ffprobe").collect();
    assert!(looked.len() > 2 && looked.iter().all(|run| run.end == End::Failed), "{looked:#?}");
    assert_eq!(looked.iter().filter(|run| !run.arguments.is_empty()).count(), 1, "{looked:#?}");
}

#[test]
fn a_film_that_begins_black_gives_a_later_still_and_a_black_one_gives_a_black() {
    for (filters, is_bright) in
        [("drawbox=c=black:t=fill:enable='lt(t,2)'", true), ("drawbox=c=black:t=fill", false)]
    {
        let bytes = made(&Film { seconds: 6, filters, ..Film::default() });
        let findings = examine(&Item::new("a.mp4", bytes), &[Stage::First]);
        assert_eq!(ended(&findings, Stage::First), (End::Done, None), "{:#?}", findings.tools);
        let clear = findings.made.iter().find(|made| made.look == Some(Look::Clear)).unwrap();
        // A black picture is a few hundred bytes of headers and nothing.
        assert_eq!(clear.bytes.len() > 5000, is_bright, "{filters}: {}", clear.bytes.len());
    }
}

#[test]
fn what_is_cut_off_or_overwritten_gives_what_can_be_read_and_says_why_not_more() {
    let whole = made(&Film { seconds: 6, form: "matroska", ..Film::default() });
    let mut hurt = whole.clone();
    for byte in &mut hurt[whole.len() / 3..whole.len() / 2] {
        *byte = 0x55;
    }
    let findings = examine(&Item::new("a.mkv", &whole[..whole.len() * 2 / 3]), &[Stage::First]);
    assert_eq!(findings.made.len(), 3, "the beginning can be seen");
    let findings = examine(&Item::new("a.mkv", hurt), &[Stage::First]);
    assert_eq!(findings.made.len(), 3, "{:#?}", findings.tools);
    // Its index stands at the end, and is gone.
    let mp4 = made(&Film { seconds: 3, ..Film::default() });
    let findings = examine(&Item::new("a.mp4", &mp4[..mp4.len() / 2]), &[Stage::First]);
    let (end, reason) = ended(&findings, Stage::First);
    assert_eq!((end, reason), (End::Partly, Some(Reason::EndsEarly)), "{:#?}", findings.tools);
}

#[test]
fn a_playlist_in_the_clothes_of_a_film_reaches_no_other_file() {
    let other = made(&Film { seconds: 1, form: "mpegts", ..Film::default() });
    let place = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(place.path(), other).unwrap();
    let name = place.path().display();
    let playlist = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{name}\n#EXT-X-ENDLIST\n");
    let concat = format!("ffconcat version 1.0\nfile '{name}'\n");
    for untrusted in [playlist, concat] {
        let findings = examine(&Item::new("a.mp4", untrusted), &Stage::ALL);
        let pictures = findings.made.iter().filter(|made| made.media_type.starts_with("image/")).count();
        assert_eq!(pictures, 0, "{:#?}", findings.tools);
    }
}

#[test]
fn sound_by_itself_has_facts_and_no_still() {
    let bytes = made(&Film { seconds: 2, sound: true, pictures: false, form: "ogg", ..Film::default() });
    let findings = examine(&Item::new("memo.ogg", bytes), &[Stage::First]);
    assert_eq!(ended(&findings, Stage::First), (End::Done, None), "{:#?}", findings.tools);
    assert_eq!(facts(&findings, "codec.audio"), ["vorbis"]);
    assert!(findings.made.is_empty());
}

#[test]
fn a_strip_has_a_picture_each_ten_seconds_and_where_the_scene_changes() {
    // Two scenes of one colour each, with one key frame at the beginning only: every frame must be decoded.
    let cut = "drawbox=c=red:t=fill,drawbox=c=white:t=fill:enable='gte(t,4)'";
    let scenes = made(&Film { seconds: 25, filters: cut, key_frames: 1000, ..Film::default() });
    let pattern = made(&Film { seconds: 31, ..Film::default() });
    for (bytes, expected) in [
        (scenes, &[(0, true), (4, true), (14, false), (24, false)][..]),
        (pattern, &[(0, true), (10, false), (20, false), (30, false)]),
    ] {
        let findings = examine(&Item::new("a.mp4", bytes), &[Stage::Stills]);
        assert_eq!(ended(&findings, Stage::Stills), (End::Done, None), "{:#?}", findings.tools);
        assert_eq!(findings.made.len(), 3);
        for made in &findings.made {
            assert_eq!(made.kind, DerivativeKind::Strip);
            let end = made.bytes.iter().position(|byte| *byte == b'\n').unwrap();
            let head: serde_json::Value = serde_json::from_slice(&made.bytes[..end]).unwrap();
            let mut behind = &made.bytes[end + 1..];
            let frames: Vec<(u64, bool)> = head["frames"]
                .as_array()
                .unwrap()
                .iter()
                .map(|frame| {
                    let (picture, rest) = behind.split_at(frame["length"].as_u64().unwrap() as usize);
                    assert!(picture.starts_with(b"\xff\xd8") && picture.ends_with(b"\xff\xd9"));
                    behind = rest;
                    (frame["at"].as_u64().unwrap() / 1000, frame["scene"].as_bool().unwrap())
                })
                .collect();
            assert!(behind.is_empty());
            let moments = |all: &[(u64, bool)]| all.iter().map(|(at, _)| *at).collect::<Vec<_>>();
            assert_eq!(moments(&frames), moments(expected));
            assert_eq!(
                frames[1..].iter().map(|one| one.1).collect::<Vec<_>>(),
                expected[1..].iter().map(|one| one.1).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn a_proxy_is_small_plays_from_its_beginning_and_tells_nothing_of_the_original() {
    let bytes = made(&Film {
        seconds: 8,
        size: "1280x720",
        sound: true,
        tags: &["title=KANAREIKA"],
        ..Film::default()
    });
    let findings = examine(&Item::new("a.mp4", bytes), &[Stage::Proxy]);
    assert_eq!(ended(&findings, Stage::Proxy), (End::Done, None), "{:#?}", findings.tools);
    let proxy = &findings.made[0];
    assert_eq!((proxy.kind, proxy.media_type), (DerivativeKind::Proxy, "video/mp4"));
    assert!(proxy.bytes.len() < 8 * 60_000, "{} bytes", proxy.bytes.len());
    assert!(!proxy.bytes.windows(9).any(|part| part == b"KANAREIKA"));
    let again = examine(&Item::new("proxy.mp4", proxy.bytes.clone()), &[Stage::First]);
    for (name, value) in
        [("codec.video", "h264"), ("codec.audio", "aac"), ("width", "640"), ("height", "360")]
    {
        assert_eq!(facts(&again, name), [value], "{name}");
    }
}
