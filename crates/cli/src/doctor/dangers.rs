//! What on this machine could let out what an archive keeps: swap, indexers, core dumps, disks that can be written to.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Something that could let material out, or change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Danger {
    /// What kind.
    pub danger: Kind,
    /// The device, the program, the folder.
    pub about: String,
    /// Whether it is there; where not, only that nobody can say.
    pub known: bool,
}

/// A kind of danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Memory is written to a disk that is not encrypted.
    Swap,
    /// A program of the desktop reads files to make them findable.
    Indexing,
    /// A disk from which material may come can be written to.
    Writable,
    /// A program takes what was in memory when another program crashes.
    CoreDumps,
}

/// Where the kernel tells of itself: the roots of `proc` and `sys`.
#[derive(Debug)]
pub struct Machine {
    /// `/proc`.
    pub proc: PathBuf,
    /// `/sys`.
    pub sys: PathBuf,
}

impl Default for Machine {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into() }
    }
}

/// Programs that read what lies in people's folders, by the first fifteen letters, which is all that the kernel keeps.
const INDEXERS: [&str; 8] = [
    "tracker-miner-f",
    "tracker-extract",
    "localsearch-3",
    "localsearch-ext",
    "baloo_file",
    "baloo_file_extr",
    "recollindex",
    "recoll_index",
];
/// Where desktops put disks that are plugged in.
const REMOVABLE: [&str; 3] = ["/media/", "/run/media/", "/mnt/"];

/// Looks for all of them. `sources` are folders that material is to be received from; without any, disks where desktops
/// put them are looked at.
pub fn look(machine: &Machine, sources: &[PathBuf]) -> Vec<Danger> {
    let mut dangers = swap(machine);
    dangers.extend(indexers(machine));
    dangers.extend(if sources.is_empty() { plugged_in(machine) } else { writable(sources) });
    dangers.extend(core_dumps(machine));
    dangers
}

/// Where memory is surely written to a disk that is not encrypted.
pub fn open_swap(machine: &Machine) -> Option<Danger> {
    swap(machine).into_iter().find(|danger| danger.known)
}

fn danger(danger: Kind, about: impl Into<String>) -> Danger {
    Danger { danger, about: about.into(), known: true }
}

fn unknown(danger: Kind, about: impl Into<String>) -> Danger {
    Danger { danger, about: about.into(), known: false }
}

fn swap(machine: &Machine) -> Vec<Danger> {
    let list = machine.proc.join("swaps");
    let Ok(text) = fs::read_to_string(&list) else {
        return vec![unknown(Kind::Swap, list.to_string_lossy())];
    };
    text.lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .filter_map(|place| match is_encrypted(machine, place) {
            Some(true) => None,
            Some(false) => Some(danger(Kind::Swap, place)),
            None => Some(unknown(Kind::Swap, place)),
        })
        .collect()
}

/// Whether what is written there is encrypted, or stays in memory; none where nobody can say.
fn is_encrypted(machine: &Machine, place: &str) -> Option<bool> {
    let name = Path::new(place).file_name()?.to_str()?;
    if place.starts_with("/dev/zram") {
        return Some(true);
    }
    let device = match name {
        _ if place.starts_with("/dev/") && machine.sys.join("class/block").join(name).exists() => {
            machine.sys.join("class/block").join(name)
        }
        _ => {
            let status = fs::metadata(place).ok()?;
            let number = if place.starts_with("/dev/") { status.rdev() } else { status.dev() };
            let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
            machine.sys.join("dev/block").join(format!("{major}:{minor}"))
        }
    };
    if device.exists() { Some(encrypts(&device, 8)) } else { None }
}

/// A device-mapper device of cryptsetup, or one that stands on such.
fn encrypts(device: &Path, depth: usize) -> bool {
    if fs::read_to_string(device.join("dm/uuid")).is_ok_and(|uuid| uuid.starts_with("CRYPT-")) {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    let below: Vec<PathBuf> = fs::read_dir(device.join("slaves"))
        .map(|all| all.flatten().map(|one| one.path()).collect())
        .unwrap_or_default();
    !below.is_empty() && below.iter().all(|one| encrypts(one, depth))
}

fn indexers(machine: &Machine) -> Vec<Danger> {
    let Ok(all) = fs::read_dir(&machine.proc) else {
        return vec![unknown(Kind::Indexing, machine.proc.to_string_lossy())];
    };
    let names = all.flatten().filter_map(|one| fs::read_to_string(one.path().join("comm")).ok());
    let mut running: Vec<String> = names
        .map(|name| name.trim_end().to_owned())
        .filter(|name| INDEXERS.contains(&name.as_str()))
        .collect();
    running.sort();
    running.dedup();
    running.into_iter().map(|name| danger(Kind::Indexing, name)).collect()
}

fn writable(sources: &[PathBuf]) -> Vec<Danger> {
    let look = |source: &PathBuf| {
        let name = source.to_string_lossy();
        match rustix::fs::statvfs(source) {
            Ok(status) if status.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) => None,
            Ok(_) => Some(danger(Kind::Writable, name)),
            Err(_) => Some(unknown(Kind::Writable, name)),
        }
    };
    sources.iter().filter_map(look).collect()
}

/// Of `proc(5)`: mount point and options are the fifth and sixth word of a line.
fn plugged_in(machine: &Machine) -> Vec<Danger> {
    let list = machine.proc.join("self/mountinfo");
    let Ok(text) = fs::read_to_string(&list) else {
        return vec![unknown(Kind::Writable, list.to_string_lossy())];
    };
    let mounts = text.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(4);
        let (place, options) = (unescaped(words.next()?), words.next()?);
        let device = line.split(" - ").nth(1)?.split(' ').nth(1)?;
        let plugged = REMOVABLE.iter().any(|folder| place.starts_with(folder)) && device.starts_with("/dev/");
        (plugged && options.split(',').any(|option| option == "rw")).then_some(place)
    });
    mounts.map(|place| danger(Kind::Writable, place)).collect()
}

/// The kernel writes space, tab, line feed and backslash as three octal digits.
fn unescaped(word: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(word.to_owned(), |word, (octal, plain)| word.replace(octal, plain))
}

fn core_dumps(machine: &Machine) -> Vec<Danger> {
    let file = machine.proc.join("sys/kernel/core_pattern");
    let Ok(text) = fs::read_to_string(&file) else {
        return vec![unknown(Kind::CoreDumps, file.to_string_lossy())];
    };
    match text.trim().strip_prefix(['|', '@']) {
        Some(program) => vec![danger(Kind::CoreDumps, program.split(' ').next().unwrap_or(program))],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine whose files are these.
    fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Machine) {
        let place = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let machine = Machine { proc: place.path().join("proc"), sys: place.path().join("sys") };
        (place, machine)
    }

    const QUIET: [(&str, &str); 3] = [
        ("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n"),
        ("proc/self/mountinfo", "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"),
        ("proc/sys/kernel/core_pattern", "core\n"),
    ];

    #[test]
    fn a_quiet_machine_has_no_dangers_and_an_unreadable_one_is_unknown() {
        assert_eq!(look(&machine(&QUIET).1, &[]), []);
        let blind = look(&machine(&[]).1, &[]);
        assert_eq!(blind.len(), 4);
        assert!(blind.iter().all(|danger| !danger.known), "{blind:?}");
    }

    #[test]
    fn swap_is_a_danger_unless_it_is_encrypted_or_in_memory() {
        let swaps = "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n/dev/dm-1 partition 1 0 -2\n\
                     /dev/dm-2 partition 1 0 -2\n/dev/zram0 partition 1 0 -2\n/no/such/file file 1 0 -2\n";
        let (_place, machine) = machine(&[
            ("proc/swaps", swaps),
            ("sys/class/block/sda2/size", "1"),
            ("sys/class/block/dm-1/dm/uuid", "CRYPT-PLAIN-swap"),
            // A logical volume on an encrypted partition.
            ("sys/class/block/dm-2/dm/uuid", "LVM-x"),
            ("sys/class/block/dm-2/slaves/dm-0/dm/uuid", "CRYPT-LUKS2-x"),
        ]);
        assert_eq!(swap(&machine), [danger(Kind::Swap, "/dev/sda2"), unknown(Kind::Swap, "/no/such/file")]);
        assert_eq!(open_swap(&machine), Some(danger(Kind::Swap, "/dev/sda2")));
        assert_eq!(open_swap(&self::machine(&QUIET).1), None);
    }

    #[test]
    fn a_running_indexer_is_named_once() {
        let files =
            [("proc/1/comm", "init\n"), ("proc/20/comm", "baloo_file\n"), ("proc/21/comm", "baloo_file\n")];
        assert_eq!(indexers(&machine(&files).1), [danger(Kind::Indexing, "baloo_file")]);
    }

    #[test]
    fn a_disk_that_was_plugged_in_is_to_be_read_only() {
        let mounts = "30 25 8:17 / /media/olena/ІК\\040900 rw,nosuid - vfat /dev/sdb1 rw\n\
                      31 25 8:18 / /media/olena/copy ro,nosuid - vfat /dev/sdb2 ro\n\
                      32 25 0:9 / /mnt/work rw - tmpfs tmpfs rw\n";
        let found = plugged_in(&machine(&[("proc/self/mountinfo", mounts)]).1);
        assert_eq!(found, [danger(Kind::Writable, "/media/olena/ІК 900")]);
    }

    #[test]
    fn a_source_that_is_named_is_looked_at_wherever_it_lies() {
        let place = tempfile::tempdir().unwrap();
        let (here, gone) = (place.path().to_owned(), place.path().join("gone"));
        let found = writable(&[here.clone(), gone.clone(), "/proc/1/ns".into()]);
        assert_eq!(found[0], danger(Kind::Writable, here.to_string_lossy()));
        assert_eq!(found[1], unknown(Kind::Writable, gone.to_string_lossy()));
    }

    #[test]
    fn who_takes_core_dumps_is_named() {
        let pattern = [("proc/sys/kernel/core_pattern", "|/usr/share/apport/apport -p%p -s%s\n")];
        assert_eq!(core_dumps(&machine(&pattern).1), [danger(Kind::CoreDumps, "/usr/share/apport/apport")]);
    }
}
