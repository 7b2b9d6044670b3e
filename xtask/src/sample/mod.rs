//! Makes the sample material of the demo: a disk from an invented prison, ИК-900, and its invented hospital, ОТБ-901.
//!
//! Everything is fiction, says so, and happens in 2031. The same `ffmpeg` makes the same bytes.
//! Never here: a real place, a real person, a picture of violence, a clock, randomness.

mod encodings;
mod names;
mod notes;
mod pictures;

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::{ffi::OsStr, fmt};

use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps, mknodat, utimensat};

pub use pictures::ToolError;

/// 17 February 2031, 08:45:00 UTC: the day on which the invented recorder was emptied.
const DAY: i64 = 1_929_084_300;

/// Why there is no sample material.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The folder holds something; nothing was written.
    #[error("{0} is not empty. Name a folder that is empty or does not exist yet.")]
    NotEmpty(PathBuf),
    /// A program or a font is missing, or failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A file could not be written; a file system that takes only UTF-8 names is one reason.
    #[error(
        "{path} could not be written ({source}). Choose a folder on a Linux file system with 60 MB free."
    )]
    Write {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What was made, by kind. Regular files are the sum of all but the links and pipes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Camera videos, each with other content.
    pub videos: usize,
    /// Pages drawn as pictures.
    pub scans: usize,
    /// Texts in four encodings.
    pub notes: usize,
    /// Small files whose names are awkward.
    pub awkward_names: usize,
    /// Videos once more, under the same name elsewhere or under another name.
    pub copies: usize,
    /// A second name for the same file: to a reader, one more copy.
    pub hard_links: usize,
    /// A video that ends too early.
    pub damaged: usize,
    /// A file without a byte.
    pub empty: usize,
    /// A file that is mostly a hole.
    pub sparse: usize,
    /// Links and pipes, which cannot be taken in.
    pub not_files: usize,
    /// Bytes of all regular files, each name counted.
    pub bytes: u64,
}

impl Counts {
    /// All regular files, by name.
    pub fn regular_files(&self) -> usize {
        self.videos
            + self.scans
            + self.notes
            + self.awkward_names
            + self.copies
            + self.hard_links
            + self.damaged
            + self.empty
            + self.sparse
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [
            ("camera videos", self.videos),
            ("scanned pages", self.scans),
            ("notes in UTF-8, cp1251, KOI8-R, UTF-16", self.notes),
            ("files with awkward names", self.awkward_names),
            ("copies (one renamed)", self.copies),
            ("hard link", self.hard_links),
            ("damaged video", self.damaged),
            ("empty file", self.empty),
            ("sparse file", self.sparse),
            ("regular files in all", self.regular_files()),
            ("not files (a link out of the folder, a pipe)", self.not_files),
        ];
        for (what, count) in rows {
            writeln!(f, "{count:>5}  {what}")?;
        }
        writeln!(f, "{:>5}  megabytes", self.bytes.div_ceil(1_000_000))
    }
}

/// Makes the material in a folder that is empty or absent, and writes nothing elsewhere.
pub fn make(folder: &Path) -> Result<Counts, SampleError> {
    let maker = Maker { root: folder };
    maker.refuse_a_full_folder()?;
    let tools = pictures::Tools::find()?;
    let mut counts = Counts::default();
    for video in pictures::VIDEOS {
        let path = maker.place(video.path.as_ref())?;
        tools.draw_video(video, &path)?;
        maker.finish(video.path.as_ref())?;
        counts.videos += 1;
    }
    for scan in pictures::SCANS {
        let path = maker.place(scan.path.as_ref())?;
        tools.draw_scan(scan, &path)?;
        maker.finish(scan.path.as_ref())?;
        counts.scans += 1;
    }
    for (path, bytes) in notes::all() {
        maker.write(path.as_ref(), &bytes)?;
        counts.notes += 1;
    }
    for (name, text) in names::all() {
        let path = Path::new("awkward names").join(OsStr::from_bytes(&name));
        maker.write(&path, text.as_bytes())?;
        counts.awkward_names += 1;
    }
    maker.copies_and_damage(&mut counts)?;
    maker.odd_files(&mut counts)?;
    maker.finish_folders(folder, &mut counts.bytes)?;
    Ok(counts)
}

struct Maker<'a> {
    root: &'a Path,
}

impl Maker<'_> {
    fn refuse_a_full_folder(&self) -> Result<(), SampleError> {
        match fs::read_dir(self.root) {
            Ok(mut entries) => match entries.next() {
                None => Ok(()),
                Some(_) => Err(SampleError::NotEmpty(self.root.to_owned())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(self.root).map_err(at(self.root))
            }
            Err(error) => Err(at(self.root)(error)),
        }
    }

    /// Makes the folders above and answers the whole path.
    fn place(&self, relative: &Path) -> Result<PathBuf, SampleError> {
        let path = self.root.join(relative);
        let parent = path.parent().unwrap_or(self.root);
        fs::create_dir_all(parent).map_err(at(parent))?;
        Ok(path)
    }

    fn write(&self, relative: &Path, bytes: &[u8]) -> Result<(), SampleError> {
        let path = self.place(relative)?;
        File::create_new(&path).and_then(|mut file| file.write_all(bytes)).map_err(at(&path))?;
        self.finish(relative)
    }

    /// The same mode and date whatever the machine's settings.
    fn finish(&self, relative: &Path) -> Result<(), SampleError> {
        let path = self.root.join(relative);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).map_err(at(&path))?;
        date(&path)
    }

    fn copies_and_damage(&self, counts: &mut Counts) -> Result<(), SampleError> {
        let read = |relative: &str| {
            let path = self.root.join(relative);
            fs::read(&path).map_err(at(&path))
        };
        for (from, to) in pictures::COPIES {
            self.write(to.as_ref(), &read(from)?)?;
            counts.copies += 1;
        }
        let (from, to) = pictures::DAMAGED;
        let whole = read(from)?;
        self.write(to.as_ref(), &whole[..whole.len() * 3 / 5])?;
        counts.damaged += 1;
        Ok(())
    }

    fn odd_files(&self, counts: &mut Counts) -> Result<(), SampleError> {
        self.write("odd/empty.dat".as_ref(), b"")?;
        counts.empty += 1;

        let sparse = self.place("odd/sparse.img".as_ref())?;
        File::create_new(&sparse)
            .and_then(|mut file| {
                file.write_all(b"a beginning")?;
                file.set_len(16 << 20)
            })
            .map_err(at(&sparse))?;
        self.finish("odd/sparse.img".as_ref())?;
        counts.sparse += 1;

        let linked = self.root.join("odd/the same note.txt");
        fs::hard_link(self.root.join(notes::LINKED), &linked).map_err(at(&linked))?;
        counts.hard_links += 1;

        let out = self.root.join("odd/link out of the folder");
        symlink("/etc/hostname", &out).map_err(at(&out))?;
        date(&out)?;
        let pipe = self.root.join("odd/pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o644), 0)
            .map_err(|error| at(&pipe)(error.into()))?;
        date(&pipe)?;
        counts.not_files += 2;
        Ok(())
    }

    /// Folders are dated last, because writing into them dates them anew. Adds up the regular files on the way.
    fn finish_folders(&self, folder: &Path, bytes: &mut u64) -> Result<(), SampleError> {
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let path = entry.map_err(at(folder))?.path();
            let about = path.symlink_metadata().map_err(at(&path))?;
            if about.is_dir() {
                self.finish_folders(&path, bytes)?;
            } else if about.is_file() {
                *bytes += about.len();
            }
        }
        fs::set_permissions(folder, Permissions::from_mode(0o755)).map_err(at(folder))?;
        date(folder)
    }
}

fn date(path: &Path) -> Result<(), SampleError> {
    let then = Timespec { tv_sec: DAY, tv_nsec: 0 };
    let times = Timestamps { last_access: then, last_modification: then };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| at(path)(error.into()))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SampleError {
    let path = path.to_owned();
    move |source| SampleError::Write { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_folder_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.txt"), "mine").unwrap();
        let refused = make(folder.path());
        assert!(matches!(refused, Err(SampleError::NotEmpty(_))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_made_is_counted_and_made_the_same_again() {
        if let Err(missing) = pictures::Tools::find() {
            println!("skipped: {missing}");
            return;
        }
        let here = tempfile::tempdir().unwrap();
        let (one, two) = (here.path().join("one"), here.path().join("two"));
        let counts = make(&one).unwrap();
        assert_eq!(counts, make(&two).unwrap());
        assert!(counts.bytes < 60_000_000, "{} bytes", counts.bytes);
        let (files, others) = contents(&one, &one);
        assert_eq!(files.len(), counts.regular_files());
        assert_eq!(others, counts.not_files);
        assert!(files == contents(&two, &two).0, "two runs differ");
        let mut different: Vec<_> = files.iter().map(|(_, bytes)| bytes).collect();
        different.sort();
        different.dedup();
        let copies = counts.copies + counts.hard_links;
        assert_eq!(different.len(), counts.regular_files() - copies);
    }

    type Files = Vec<(PathBuf, Vec<u8>)>;

    fn contents(root: &Path, folder: &Path) -> (Files, usize) {
        let mut files = Vec::new();
        let mut others = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            if about.is_dir() {
                let (more, more_others) = contents(root, &path);
                files.extend(more);
                others += more_others;
            } else if about.is_file() {
                let relative = path.strip_prefix(root).unwrap().to_owned();
                files.push((relative, fs::read(&path).unwrap()));
            } else {
                others += 1;
            }
        }
        files.sort();
        (files, others)
    }
}
