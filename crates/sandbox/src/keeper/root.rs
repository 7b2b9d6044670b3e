//! A root with nothing in it but what the tools are made of, all of it read-only, made once for many runs.

use std::fs;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat, symlinkat};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags,
    UnmountFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen, mount_change, move_mount, open_tree,
    unmount,
};

use super::files::{DEVICES, OF_THE_SYSTEM};
use crate::OUTPUT;
use crate::level::{Refused, Step};
use crate::tool::{FolderLimits, Program, Tool};

/// The root, while the keeper lives.
pub(super) struct Root {
    /// The host's FUSE device, by its name only: it is opened anew for each run that needs it.
    device: Option<OwnedFd>,
}

/// Leaves the host's files behind.
pub(super) fn enter(tools: &[Tool]) -> Result<Root, Refused> {
    let refused = Step::Root.refused();
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).map_err(&refused)?;
    // What is to be seen is opened before its place is covered.
    let device = openat(CWD, "/dev/fuse", OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok();
    let (links, folders) = names();
    let mut trees = Vec::new();
    for path in seen(folders, tools) {
        let flags =
            OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
        match open_tree(CWD, &path, flags) {
            Ok(tree) => trees.push((path, tree)),
            // Not every system has all of them; a tool that is missing is told when it is to be run.
            Err(Errno::NOENT | Errno::ACCESS | Errno::NOTDIR) => {}
            Err(errno) => return Err(refused(errno)),
        }
    }
    let root = new("tmpfs", &[("mode", "0755"), ("size", "1m")], MountAttrFlags::MOUNT_ATTR_NOEXEC)
        .map_err(&refused)?;
    // Any folder that everybody has: it is covered for this process alone, and left behind at once.
    attach(&root, Path::new("/usr")).map_err(&refused)?;
    for (name, target) in links {
        symlinkat(target, &root, below(&name)).map_err(&refused)?;
    }
    for (path, tree) in &trees {
        let folder = fs::metadata(format!("/proc/self/fd/{}", tree.as_raw_fd()))
            .map_err(Step::Root.failed())?
            .is_dir();
        make_place(&root, path, folder).map_err(&refused)?;
        let may = if path.starts_with("/dev") { NO_PROGRAMS } else { NO_DEVICES };
        if path != Path::new("/proc") {
            narrow(tree, libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | may, true).map_err(&refused)?;
        }
        let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
        move_mount(tree, "", &root, below(path), flags).map_err(&refused)?;
    }
    make_place(&root, Path::new(OUTPUT), true).map_err(&refused)?;
    narrow(&root, libc::MOUNT_ATTR_RDONLY, false).map_err(&refused)?;
    rustix::process::fchdir(&root).map_err(&refused)?;
    rustix::process::pivot_root(".", ".").map_err(&refused)?;
    unmount(".", UnmountFlags::DETACH).map_err(&refused)?;
    rustix::process::chdir("/").map_err(&refused)?;
    Ok(Root { device })
}

const NO_DEVICES: u64 = libc::MOUNT_ATTR_NODEV;
const NO_PROGRAMS: u64 = libc::MOUNT_ATTR_NOEXEC;

impl Root {
    /// A folder in memory for one run, which lies nowhere yet.
    pub fn folder(&self, limits: FolderLimits) -> Result<OwnedFd, Refused> {
        let (size, entries) = (limits.bytes.to_string(), limits.entries.saturating_add(1).to_string());
        let options = [("mode", "0700"), ("size", &*size), ("nr_inodes", &*entries)];
        new("tmpfs", &options, MountAttrFlags::MOUNT_ATTR_NOEXEC).map_err(Step::Output.refused())
    }

    /// A mount whose root is one file, and the device where its bytes are asked for.
    pub fn view(&self) -> Result<(OwnedFd, OwnedFd), Refused> {
        let name = self.device.as_ref().ok_or(Refused { step: Step::Input, errno: Some(libc::ENOENT) })?;
        let refused = Step::Input.refused();
        let again = format!("/proc/self/fd/{}", name.as_raw_fd());
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let device = openat(CWD, again, flags, Mode::empty()).map_err(&refused)?;
        let user = rustix::process::getuid().as_raw().to_string();
        let group = rustix::process::getgid().as_raw().to_string();
        let number = device.as_raw_fd().to_string();
        let options = [("fd", &*number), ("rootmode", "100444"), ("user_id", &*user), ("group_id", &*group)];
        let attributes = MountAttrFlags::MOUNT_ATTR_NOEXEC | MountAttrFlags::MOUNT_ATTR_RDONLY;
        Ok((new("fuse", &options, attributes).map_err(refused)?, device))
    }

    /// In a run's first process: only its own processes are seen, and its folder lies at [`OUTPUT`].
    pub fn settle(folder: Option<&OwnedFd>) -> Result<(), Refused> {
        let refused = Step::Processes.refused();
        // The kernel lets a process see its own only beside an unhidden /proc, so the keeper's is there until now.
        let own = new("proc", &[("subset", "pid")], MountAttrFlags::MOUNT_ATTR_NOEXEC).map_err(&refused)?;
        unmount("/proc", UnmountFlags::DETACH).map_err(&refused)?;
        attach(&own, Path::new("/proc")).map_err(&refused)?;
        folder.map_or(Ok(()), |folder| attach(folder, Path::new(OUTPUT))).map_err(Step::Output.refused())
    }
}

/// The links of the host's root that lead into `/usr`, and the folders that all tools see.
fn names() -> (Vec<(PathBuf, PathBuf)>, Vec<PathBuf>) {
    let (mut links, mut folders) = (Vec::new(), Vec::new());
    for path in OF_THE_SYSTEM.map(PathBuf::from) {
        match fs::read_link(&path) {
            Ok(target) => links.push((path, target)),
            Err(_) => folders.push(path),
        }
    }
    (links, folders)
}

/// What is to be seen, the outer before the inner, and nothing twice.
fn seen(folders: Vec<PathBuf>, tools: &[Tool]) -> Vec<PathBuf> {
    let mut all = folders;
    all.extend(DEVICES.map(PathBuf::from));
    all.push(PathBuf::from("/proc"));
    for tool in tools {
        let program = match &tool.program {
            Program::Installed(path) => Some(path),
            Program::Own => None,
        };
        all.extend(tool.readable.iter().chain(program).filter_map(|path| fs::canonicalize(path).ok()));
    }
    all.sort();
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in all {
        if !kept.iter().any(|outer| path.starts_with(outer)) {
            kept.push(path);
        }
    }
    kept
}

/// A new file system of its own, mounted nowhere.
fn new(kind: &str, options: &[(&str, &str)], attributes: MountAttrFlags) -> rustix::io::Result<OwnedFd> {
    let made = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in options {
        fsconfig_set_string(&made, *key, *value)?;
    }
    fsconfig_create(&made)?;
    let attributes = attributes | MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    fsmount(&made, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

fn attach(mounted: &OwnedFd, place: &Path) -> rustix::io::Result<()> {
    move_mount(mounted, "", CWD, place, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}

/// Makes the folders on the way, and an empty folder or file to put something over.
fn make_place(root: impl AsFd, path: &Path, folder: bool) -> rustix::io::Result<()> {
    let path = below(path);
    let mode = Mode::from_raw_mode(0o755);
    let mut outer: Vec<&Path> =
        path.ancestors().skip(1).filter(|part| !part.as_os_str().is_empty()).collect();
    outer.reverse();
    if folder {
        outer.push(path);
    }
    for part in outer {
        match mkdirat(&root, part, mode) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    if !folder {
        openat(&root, path, OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC, mode)?;
    }
    Ok(())
}

fn below(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

/// Takes rights away from a mount, and from those inside it.
fn narrow(mount: &OwnedFd, attributes: u64, inner: bool) -> rustix::io::Result<()> {
    let wanted = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | if inner { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a C string and `wanted` is as long as is said; both live until the call returns, and the
    // kernel only reads them.
    #[allow(
        unsafe_code,
        reason = "no crate has mount_setattr, and a remount would lose the host's own restrictions"
    )]
    let done = unsafe {
        let length = size_of::<libc::mount_attr>();
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const wanted,
            length,
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO))
    }
}
