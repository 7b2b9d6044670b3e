//! Draws camera videos and scanned pages with `ffmpeg`, from nothing but its own patterns and a font.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian's fonts-dejavu-core puts the fonts; they have the Cyrillic letters.
const FONTS: &str = "/usr/share/fonts/truetype/dejavu";

/// Why nothing could be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// `ffmpeg` is not there.
    #[error("ffmpeg is not installed. Install it with: apt-get install ffmpeg")]
    NoFfmpeg,
    /// The font is not there.
    #[error("{0} is missing. Install it with: apt-get install fonts-dejavu-core")]
    NoFont(PathBuf),
    /// `ffmpeg` said no; what it said stands on the terminal above.
    #[error(
        "ffmpeg could not draw {path} ({reason}). Install Debian's own ffmpeg, with libx264 and libfreetype."
    )]
    Failed {
        /// What was being drawn.
        path: PathBuf,
        /// Its exit status, or why it did not start.
        reason: String,
    },
}

/// One clip of a camera.
pub struct Video {
    /// Below the sample folder, laid out as a recorder exports.
    pub path: &'static str,
    /// Burnt into the picture.
    label: &'static str,
    /// Seconds since 1970 that the burnt-in clock shows at the first frame.
    clock: i64,
    seconds: u32,
    scene: Scene,
}

enum Scene {
    /// The television test pattern.
    Pattern,
    /// A colour gradient, as of a wall in changing light; two colours.
    Gradient(&'static str, &'static str),
    /// A box that crosses a grey room at so many pixels a second.
    Box(u32),
}

/// One page, as lines.
pub struct Scan {
    /// Below the sample folder; the extension chooses PNG or JPEG.
    pub path: &'static str,
    lines: &'static [&'static str],
    /// Thousandths of a radian by which the page lay askew.
    askew: i32,
}

const fn video(path: &'static str, label: &'static str, clock: i64, seconds: u32, scene: Scene) -> Video {
    Video { path, label, clock, seconds, scene }
}

/// All clips. Camera 03 runs one hour ahead: its burnt-in clock and its file names differ.
pub const VIDEOS: &[Video] = &[
    video("recorder/cam01/2031-02-17/091000.mp4", "ИК-900 КАМ 01", 1_929_085_800, 5, Scene::Box(30)),
    video("recorder/cam01/2031-02-17/091005.mp4", "ИК-900 КАМ 01", 1_929_085_805, 6, Scene::Box(44)),
    video(
        "recorder/cam02/2031-02-17/091500.mp4",
        "ИК-900 КАМ 02",
        1_929_086_100,
        5,
        Scene::Gradient("0x203040", "0x908070"),
    ),
    video("recorder/cam03/2031-02-17/084500.mp4", "ИК-900 КАМ 03", 1_929_087_900, 8, Scene::Box(20)),
    video("recorder/cam03/2031-02-18/000000.mp4", "ИК-900 КАМ 03", 1_929_142_800, 4, Scene::Pattern),
    video("recorder/cam05/2031-02-17/120000.mp4", "ИК-900 КАМ 05", 1_929_096_000, 6, Scene::Pattern),
    video(
        "recorder/cam07/2031-02-17/102000.mp4",
        "ИК-900 КАМ 07 ДВОР",
        1_929_090_000,
        5,
        Scene::Gradient("0xB0C4DE", "0x303018"),
    ),
    video("hospital OTB-901/cam02/2031-03-01/233000.mp4", "ОТБ-901 КАМ 02", 1_930_174_200, 6, Scene::Box(12)),
];

/// Whole copies: what stands where, and where it stands again. The last has another name.
pub const COPIES: &[(&str, &str)] = &[
    ("recorder/cam03/2031-02-17/084500.mp4", "phone/recorder/cam03/2031-02-17/084500.mp4"),
    ("recorder/cam01/2031-02-17/091000.mp4", "phone/recorder/cam01/2031-02-17/091000.mp4"),
    ("recorder/cam07/2031-02-17/102000.mp4", "phone/VID_20310301_0001.mp4"),
];

/// A video whose end, and so its index, is cut off.
pub const DAMAGED: (&str, &str) =
    ("recorder/cam05/2031-02-17/120000.mp4", "recorder/cam05/2031-02-17/120006.mp4");

/// All pages.
pub const SCANS: &[Scan] = &[
    Scan {
        path: "scans/график дежурств.png",
        askew: 0,
        lines: &[
            "ОБРАЗЕЦ. ВСЁ ВЫМЫШЛЕНО",
            "",
            "ГРАФИК ДЕЖУРСТВ",
            "вымышленной колонии ИК-900",
            "на 17 февраля 2031 года",
            "",
            "08:00  пост 1   дежурный № 1",
            "08:00  пост 2   дежурный № 2",
            "20:00  пост 1   дежурный № 3",
            "20:00  пост 2   дежурный № 4",
            "",
            "Подпись: неразборчиво",
        ],
    },
    Scan {
        path: "scans/scan0002.jpg",
        askew: 9,
        lines: &[
            "ОБРАЗЕЦ. ВСЁ ВЫМЫШЛЕНО",
            "",
            "ОПИСЬ ИМУЩЕСТВА, лист 2",
            "ИК-900, корпус 4",
            "",
            "5. Видеокамера           7 шт.",
            "6. Регистратор           1 шт.",
            "7. Журнал учёта          3 шт.",
            "8. Ключи от корпуса 4    2 шт.",
            "",
            "Сверено 18.02.2031",
        ],
    },
    Scan {
        path: "scans/scan0003.jpg",
        askew: -14,
        lines: &[
            "ЗРАЗОК. УСЕ ВИГАДАНО",
            "",
            "СУПРОВІДНИЙ ЛИСТ",
            "",
            "Передаємо диск із записами камер",
            "вигаданої колонії ИК-900 за 17 та",
            "18 лютого 2031 року.",
            "",
            "Камера 03 поспішає на одну годину.",
            "Її покази не виправлено.",
        ],
    },
    Scan {
        path: "scans/letter.png",
        askew: 0,
        lines: &[
            "SAMPLE. ALL OF THIS IS INVENTED",
            "",
            "Inventory of what was handed over",
            "",
            "1. One disk, 500 GB, no label",
            "2. One notebook, 12 pages written",
            "3. Four scanned sheets",
            "",
            "Received on 3 March 2031.",
            "Nothing was opened before it was counted.",
        ],
    },
];

/// The program and the fonts, known to be there.
pub struct Tools {
    bold: PathBuf,
    plain: PathBuf,
}

impl Tools {
    /// Looks for `ffmpeg` on the path and for the fonts in their folder.
    pub fn find() -> Result<Self, ToolError> {
        let asked = Command::new("ffmpeg")
            .arg("-version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            return Err(ToolError::NoFfmpeg);
        }
        Ok(Self { bold: font("DejaVuSansMono-Bold.ttf")?, plain: font("DejaVuSans.ttf")? })
    }

    /// H.264, 320 by 240, ten frames a second, with a label and a running clock in the picture.
    pub fn draw_video(&self, video: &Video, path: &Path) -> Result<(), ToolError> {
        let size = format!("s=320x240:r=10:d={}", video.seconds);
        let scene = match &video.scene {
            Scene::Pattern => format!("testsrc2={size}"),
            Scene::Gradient(one, two) => {
                format!("gradients={size}:n=2:c0={one}:c1={two}:x0=0:y0=0:x1=319:y1=239:seed=7:speed=0.02")
            }
            Scene::Box(speed) => format!(
                "color=c=0x707468:{size}[room];color=c=0x202830:s=30x64:r=10:d={}[box];\
                 [room][box]overlay=x='mod(t*{speed},290)':y=120",
                video.seconds
            ),
        };
        let clock = format!("%{{pts:gmtime:{}:%d-%m-%Y %H\\:%M\\:%S}}", video.clock);
        let graph = [
            scene,
            "format=yuv420p,noise=alls=8:allf=t:all_seed=5".to_owned(),
            self.text(&self.bold, 16, "x=8:y=8:box=1:boxcolor=black@0.6", "white", video.label),
            self.text(&self.bold, 11, "x=8:y=30:box=1:boxcolor=black@0.6", "yellow", "ОБРАЗЕЦ SAMPLE"),
            self.clock(&clock),
        ]
        .join(",");
        let encode = "-c:v libx264 -threads 1 -preset veryfast -crf 26 -pix_fmt yuv420p";
        run(&graph, encode, path)
    }

    /// An A5 page at 150 dots per inch: black on paper, a little askew.
    pub fn draw_scan(&self, scan: &Scan, path: &Path) -> Result<(), ToolError> {
        let mut graph = vec!["color=c=0xF6F3EA:s=874x1240:r=1:d=1".to_owned()];
        for (line, y) in scan.lines.iter().zip((110..).step_by(58)) {
            if !line.is_empty() {
                graph.push(self.text(&self.plain, 32, &format!("x=80:y={y}"), "0x181818", line));
            }
        }
        if scan.askew != 0 {
            graph.push(format!("rotate=a={}/1000:fillcolor=0xC8C4B8", scan.askew));
            graph.push("noise=alls=9:all_seed=3".to_owned());
        }
        run(&graph.join(","), "-frames:v 1 -threads 1 -q:v 4", path)
    }

    fn text(&self, font: &Path, size: u32, place: &str, colour: &str, text: &str) -> String {
        format!(
            "drawtext=fontfile={}:fontsize={size}:{place}:fontcolor={colour}:expansion=none:text={}",
            font.display(),
            escaped(text)
        )
    }

    fn clock(&self, clock: &str) -> String {
        format!(
            "drawtext=fontfile={}:fontsize=14:x=8:y=216:fontcolor=white:box=1:boxcolor=black@0.6:text={}",
            self.bold.display(),
            escaped(clock)
        )
    }
}

fn font(name: &str) -> Result<PathBuf, ToolError> {
    let path = Path::new(FONTS).join(name);
    if path.is_file() { Ok(path) } else { Err(ToolError::NoFont(path)) }
}

/// Escapes once for the filter's option and once for the graph (ffmpeg-filters, "Notes on filtergraph escaping").
fn escaped(text: &str) -> String {
    let mut option = String::new();
    for c in text.chars() {
        if "\\':".contains(c) {
            option.push('\\');
        }
        option.push(c);
    }
    let mut graph = String::new();
    for c in option.chars() {
        if "\\'[],;".contains(c) {
            graph.push('\\');
        }
        graph.push(c);
    }
    graph
}

/// Nothing of this machine or its clock goes into the file: no dates, no names, one thread.
fn run(graph: &str, encode: &str, path: &Path) -> Result<(), ToolError> {
    let failed = |reason: String| ToolError::Failed { path: path.to_owned(), reason };
    let mut file = OsString::from("file:");
    file.push(path);
    let status = Command::new("ffmpeg")
        .args("-hide_banner -loglevel error -nostdin -n -filter_threads 1".split(' '))
        .args(["-f", "lavfi", "-i", graph])
        .args(encode.split(' '))
        .args("-map_metadata -1 -fflags +bitexact -flags:v +bitexact".split(' '))
        .arg(file)
        .stdin(Stdio::null())
        .status()
        .map_err(|error: io::Error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_for_the_option_and_then_for_the_graph() {
        assert_eq!(escaped("08:00, пост"), "08\\\\:00\\, пост");
        assert_eq!(escaped("it's"), "it\\\\\\'s");
    }
}
