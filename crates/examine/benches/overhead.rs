//! What examination costs beside the tools that it runs: the same files by the tools alone and through the examiner.
//!
//! `cargo bench -p vidimus-examine --bench overhead [-- ROUNDS]`. Both run on all cores, one after the other in each round;
//! the least of the rounds is what it costs. The examiner also tells the kind, counts, parses and bounds.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use vidimus_examine::{Examiner, OWN, Options, Setup, Sink, Subject};
use vidimus_model::{End, FileSystemSays, Stage};
use vidimus_sandbox::{Input, InputError, keeper};

const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

fn main() -> ExitCode {
    if let Some(code) = keeper::main(OWN) {
        return code;
    }
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(3);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{rounds} rounds on {cores} cores, seconds of all files together");
    let made = tempfile::tempdir().expect("a folder for what is made");
    let place = made.path();
    let page = page(place);
    let tar = container(place);
    for (what, stage, files, call) in [
        (
            "OCR of pages",
            Stage::Ocr,
            vec![page; 4 * cores],
            &["tesseract", FILE, "stdout", "-l", "rus+ukr+eng", "--psm", "3", "tsv"][..],
        ),
        ("members of a tar.xz, 32 MB", Stage::Members, vec![tar; 2 * cores], &["bsdtar", "-xOf", FILE]),
        (
            "text of a PDF of 500 pages",
            Stage::Text,
            vec![pdf(500); 8 * cores],
            &["pdftotext", "-enc", "UTF-8", "-q", FILE, "-"],
        ),
    ] {
        let paths: Vec<String> =
            (0..files.len()).map(|n| place.join(n.to_string()).to_string_lossy().into_owned()).collect();
        for (path, bytes) in paths.iter().zip(&files) {
            std::fs::write(path, bytes).expect("there is room");
        }
        let items: Vec<Item> = files.into_iter().map(Item).collect();
        let mut examiners: Vec<Examiner> =
            (0..cores).map(|_| Examiner::start(Setup::default()).expect("a sandbox")).collect();
        let (mut alone, mut ours) = (Duration::MAX, Duration::MAX);
        for _ in 0..rounds {
            alone = alone.min(timed(&mut vec![(); cores], paths.len(), |(), n| run(call, &paths[n])));
            ours = ours
                .min(timed(&mut examiners, items.len(), |examiner, n| examine(examiner, &items[n], stage)));
        }
        let more = (ours.as_secs_f64() / alone.as_secs_f64() - 1.0) * 100.0;
        println!(
            "{what}, {} files: alone {:.2}, examined {:.2}: {more:+.1} %",
            items.len(),
            alone.as_secs_f64(),
            ours.as_secs_f64()
        );
    }
    ExitCode::SUCCESS
}

/// Stands for the file in a call.
const FILE: &str = "FILE";

/// Does all pieces of work, each worker taking the next one that nobody took.
fn timed<W: Send>(workers: &mut Vec<W>, pieces: usize, does: impl Fn(&mut W, usize) + Sync) -> Duration {
    let (next, began) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for worker in workers {
            let (next, does) = (&next, &does);
            scope.spawn(move || {
                loop {
                    let piece = next.fetch_add(1, Ordering::Relaxed);
                    if piece >= pieces {
                        break;
                    }
                    does(worker, piece);
                }
            });
        }
    });
    began.elapsed()
}

/// The tool, and what it writes read to its end, as anybody would.
fn run(call: &[&str], path: &str) {
    let words = call[1..].iter().map(|word| if *word == FILE { path } else { word });
    let mut child = Command::new(call[0])
        .args(words)
        .env("OMP_THREAD_LIMIT", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it is installed");
    std::io::copy(&mut child.stdout.take().expect("a pipe"), &mut std::io::sink()).expect("it is read");
    assert!(child.wait().is_ok_and(|status| status.success()));
}

fn examine(examiner: &mut Examiner, item: &Item, stage: Stage) {
    let findings = examiner.examine(item, &[stage], &Options::default(), &mut Passes);
    assert_eq!(findings.stages[0].end, End::Done, "{:?}", findings.tools);
}

struct Item(Vec<u8>);

impl Subject for Item {
    fn untrusted_path(&self) -> &[u8] {
        b"item"
    }

    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn input(&self) -> Result<Input, InputError> {
        Input::held(&self.0[..], self.size())
    }

    fn file_system(&self) -> &FileSystemSays {
        static SAYS: std::sync::LazyLock<FileSystemSays> = std::sync::LazyLock::new(FileSystemSays::default);
        &SAYS
    }
}

struct Passes;

impl Sink for Passes {
    fn contained(&mut self, _: &[u8], _: FileSystemSays, bytes: &mut dyn Read) -> std::io::Result<()> {
        std::io::copy(bytes, &mut std::io::sink()).map(|_| ())
    }
}

/// A page of letters, as a scanner gives it.
fn page(place: &Path) -> Vec<u8> {
    let to = place.join("page.png");
    let words = place.join("words.txt");
    std::fs::write(&words, "Осмотр камеры проведён, жалоб не поступало.\n\n".repeat(24))
        .expect("there is room");
    let draw = format!("drawtext=fontfile={FONT}:textfile={}:fontsize=36:x=80:y=80", words.display());
    let mut call = Command::new("ffmpeg");
    call.args([
        "-nostdin",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "color=white:size=1240x1754",
        "-vf",
        &draw,
        "-frames:v",
        "1",
    ]);
    assert!(call.arg(&to).status().is_ok_and(|status| status.success()), "ffmpeg is installed");
    std::fs::read(to).expect("it was made")
}

/// Files that pack by half, in one container.
fn container(place: &Path) -> Vec<u8> {
    let folder = place.join("members");
    std::fs::create_dir_all(&folder).expect("there is room");
    let mut state = 1u64;
    for number in 0..64 {
        let mut file = std::io::BufWriter::new(
            std::fs::File::create(folder.join(number.to_string())).expect("there is room"),
        );
        for _ in 0..(512 << 10) / 8 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // Half of each eight bytes is always the same.
            file.write_all(&(state & 0xffff_ffff).to_le_bytes()).expect("there is room");
        }
    }
    let made = Command::new("bsdtar")
        .args(["-cJf", "-", "--options", "xz:compression-level=0", "-C"])
        .arg(&folder)
        .arg(".")
        .output();
    made.expect("bsdtar is installed").stdout
}

/// A PDF of many pages with some lines on each.
fn pdf(pages: usize) -> Vec<u8> {
    let kids: Vec<String> = (0..pages).map(|n| format!("{} 0 R", 4 + n * 2)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {pages} >>", kids.join(" ")),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    for number in 0..pages {
        let line = "0 -20 Td (An act of inspection of a place that is plainly invented) Tj ".repeat(30);
        let content = format!("BT /F1 12 Tf 50 760 Td {line} ET");
        objects.push(format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>", 5 + number * 2));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    let (mut bytes, mut places) = (b"%PDF-1.4\n".to_vec(), Vec::new());
    for (number, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
    }
    let table = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    places.iter().for_each(|at| bytes.extend(format!("{at:010} 00000 n \n").bytes()));
    let size = objects.len() + 1;
    bytes.extend(format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF").bytes());
    bytes
}
