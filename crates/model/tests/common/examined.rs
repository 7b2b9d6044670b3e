//! What the frozen examples say of a film that was unpacked and looked at, and of its camera.

use vidimus_model::*;

use super::{about, item, object};

/// A film in a container: unpacked, looked at, committed to; and what a member says of its camera.
pub(super) fn of_an_examination() -> Vec<(&'static str, Change)> {
    let inner = "A7-312.4";
    vec![
        (
            "contained.txt",
            Change::Contained(Contained {
                item: item(inner, "Архив.zip!/cam03/2024-05-14/08-00-00.mp4".as_bytes()),
                tool: "bsdtar".into(),
                tool_version: Some("3.6.2".into()),
            }),
        ),
        ("examination.txt", Change::Examination(Box::new(examination(inner)))),
        (
            "derivative-places.txt",
            Change::DerivativePlaces(DerivativePlaces {
                about: about(inner),
                objects: vec![DerivativePlace {
                    sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
                    object: object(9, Some((0, 2048))),
                }],
            }),
        ),
        (
            "commitment.txt",
            Change::Commitment(Commitment {
                about: about(inner),
                over: CommitmentOver::Packets,
                root: "2b".repeat(32),
                leaves: 1510,
                seed: "5c".repeat(32),
                tool: "ffmpeg".into(),
                tool_version: Some("5.1.9-0+deb12u1".into()),
                parameters: [("tracks".into(), 2)].into(),
            }),
        ),
        (
            "camera.txt",
            Change::Camera(Camera {
                about: about("A7"),
                label: "cam3".into(),
                name: Some("Коридор, 2 этаж".into()),
                place: Some("ИК-900, корпус 2".into()),
                clock: vec![ClockCorrection {
                    from: None,
                    until: Some("2024-06-01T00:00:00".parse().unwrap()),
                    add: -3600,
                    zone: Some(180),
                }],
                reason: "the clock in the corridor is seen at 08:12".into(),
            }),
        ),
        (
            "camera-items.txt",
            Change::CameraItems(CameraItems {
                about: vec![about(inner), about("A7-313")],
                label: Some("cam3".into()),
                reason: "the same window is seen".into(),
            }),
        ),
    ]
}

fn examination(reference: &str) -> Examination {
    let run = |stage, tool: &str, arguments: &[&str], end, reason| ToolRun {
        stage,
        tool: tool.into(),
        version: Some("5.1.9-0+deb12u1".into()),
        arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        sandbox: SandboxLevel::Full,
        end,
        reason,
        untrusted_said: reason.map(|_| "moov atom not found".into()),
    };
    Examination {
        about: about(reference),
        attempt: 1,
        stages: vec![
            StageEnd { stage: Stage::First, end: End::Done },
            StageEnd { stage: Stage::Ocr, end: End::Partly },
        ],
        tools: vec![
            run(Stage::First, "ffprobe", &["-show_format", "-show_streams", "INPUT"], End::Done, None),
            run(Stage::Ocr, "ffmpeg", &["-i", "INPUT", "OUTPUT/%d.pgm"], End::Partly, Some(Reason::Damaged)),
        ],
        kind: Some(FileKind { group: Group::Video, media_type: "video/mp4".into(), ending_fits: Some(true) }),
        facts: vec![Fact { name: "width".into(), untrusted_value: "1280".into(), tool: 0 }],
        times: vec![TimeClaim {
            source: ClaimSource::BurntIn,
            field: "top left".into(),
            of: TimeOf::Moment,
            at: Some(10_000),
            untrusted_text: "14.05.2024 08:00:10".into(),
            time: "2024-05-14T08:00:10".parse().unwrap(),
            precision: Precision::Second,
            zone: None,
            confidence: Some(91),
        }],
        cameras: vec![CameraClaim {
            source: ClaimSource::Path,
            untrusted_text: "cam03".into(),
            label: "cam3".into(),
            confidence: None,
        }],
        derivatives: vec![Derivative {
            kind: DerivativeKind::Still,
            look: Some(Look::Blurred),
            media_type: "image/jpeg".into(),
            sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
            size: 2048,
            object: object(8, Some((0, 2048))),
            tool: 1,
        }],
        not_taken: vec![NotContained {
            untrusted_path: "../etc/passwd".into(),
            reason: NotContainedReason::Link,
        }],
    }
}
