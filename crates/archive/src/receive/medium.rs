//! What is known of the carrier: file system, label, size; and whether its times are in a known zone.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt as _;

use vidimus_model::{Medium, TimeZoneKnown};
use vidimus_proof::json::MAX_EXACT;

/// Kinds of file system by their magic numbers (`statfs(2)`), and whether they count time in UTC.
const KINDS: [(u64, &str, TimeZoneKnown); 14] = [
    (0xef53, "ext4", TimeZoneKnown::Utc),
    (0x5846_5342, "xfs", TimeZoneKnown::Utc),
    (0x9123_683e, "btrfs", TimeZoneKnown::Utc),
    (0xf2f5_2010, "f2fs", TimeZoneKnown::Utc),
    (0x0102_1994, "tmpfs", TimeZoneKnown::Utc),
    (0x2fc1_2fc1, "zfs", TimeZoneKnown::Utc),
    (0x7366_746e, "ntfs", TimeZoneKnown::Utc),
    (0x5346_544e, "ntfs", TimeZoneKnown::Utc),
    (0x482b, "hfsplus", TimeZoneKnown::Utc),
    (0x4d44, "vfat", TimeZoneKnown::Unknown),
    (0x2011_bab0, "exfat", TimeZoneKnown::Unknown),
    (0x9660, "iso9660", TimeZoneKnown::Unknown),
    (0x1501_3346, "udf", TimeZoneKnown::Unknown),
    // A driver in user space: what lies behind it, and how it counts, is not told.
    (0x6573_5546, "fuse", TimeZoneKnown::Unknown),
];

/// Asks the system about the file system that holds `handle`; what it does not tell stays unknown.
pub fn of(handle: impl AsFd) -> (Medium, TimeZoneKnown) {
    let Ok(stat) = rustix::fs::fstatfs(&handle) else { return Default::default() };
    let magic = stat.f_type as u64 & 0xffff_ffff;
    let (name, zone) = KINDS
        .iter()
        .find(|(number, ..)| *number == magic)
        .map_or((format!("{magic:#x}"), TimeZoneKnown::Unknown), |(_, name, zone)| {
            ((*name).to_owned(), *zone)
        });
    // A number beyond 2^53 no reader of records takes; a file system may claim any.
    let size = stat.f_blocks.checked_mul(stat.f_bsize as u64).filter(|size| *size <= MAX_EXACT);
    (Medium { file_system: Some(name), label: label(handle), size }, zone)
}

/// The volume's label, where udev keeps one for its device.
fn label(handle: impl AsFd) -> Option<String> {
    let device = rustix::fs::fstat(handle).ok()?.st_dev;
    fs::read_dir("/dev/disk/by-label").ok()?.flatten().find_map(|entry| {
        let same = fs::metadata(entry.path()).ok()?.rdev() == device;
        same.then(|| entry.file_name().to_string_lossy().into_owned())
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_folder_of_this_machine_has_a_size() {
        let (medium, _) = super::of(std::fs::File::open(".").unwrap());
        assert!(medium.size.is_some_and(|size| size > 0));
        assert!(medium.file_system.is_some());
    }
}
