//! Landlock: which files may be read and which one may be executed, whatever else the process could reach.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetStatus, Scope,
};

use crate::OUTPUT;
use crate::level::{Refused, Step};
use crate::tool::{Program, Tool};

/// What tools of the system are made of: libraries, which of several is meant, and fonts.
pub(super) const OF_THE_SYSTEM: [&str; 9] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/fonts",
    "/usr/share/fontconfig",
    "/etc/fonts",
    "/etc/alternatives",
    "/etc/ld.so.cache",
];
/// Devices that libraries open; none of them tells anything.
pub(super) const DEVICES: [&str; 3] = ["/dev/null", "/dev/zero", "/dev/urandom"];
/// Starts every program that is linked with libraries.
const LOADERS: [&str; 2] = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
/// The newest version that is asked for; what an older kernel lacks of it is left out. Addresses, signals and devices' own
/// calls are then refused by seccomp alone; cutting a file off, before version 3, by who owns it.
const NEWEST: ABI = ABI::V9;

/// The version of the kernel's interface; `None` where it has none, or it is switched off.
pub(super) fn version() -> Option<i32> {
    // LANDLOCK_CREATE_RULESET_VERSION of `include/uapi/linux/landlock.h`.
    let version = 1u32;
    // SAFETY: with this flag the kernel reads no attributes, makes nothing, and answers with a number.
    #[allow(unsafe_code, reason = "the crate asks this question too, but keeps the answer to itself")]
    let found = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0usize, version)
    };
    i32::try_from(found).ok().filter(|found| *found > 0)
}

/// What a tool may reach, opened beforehand.
pub(super) struct Reachable {
    places: Vec<(PathFd, BitFlags<AccessFs>)>,
}

impl Reachable {
    /// To be called where the tool will see its files: inside the private root, if there is one.
    pub fn of(tool: &Tool) -> Reachable {
        let Program::Installed(program) = &tool.program else { return Reachable { places: Vec::new() } };
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let execute = AccessFs::Execute | AccessFs::ReadFile;
        let mut wanted: Vec<(PathBuf, BitFlags<AccessFs>)> = Vec::new();
        wanted.extend(OF_THE_SYSTEM.map(|path| (PathBuf::from(path), read)));
        wanted.extend(DEVICES.map(|path| (PathBuf::from(path), AccessFs::ReadFile | AccessFs::WriteFile)));
        wanted.extend(tool.readable.iter().map(|path| (path.clone(), read)));
        wanted.extend(LOADERS.map(|path| (PathBuf::from(path), execute)));
        wanted.push((program.clone(), execute));
        // Not every system has all of them.
        let opened = |(path, access): (PathBuf, BitFlags<AccessFs>)| {
            let access = if path.is_dir() { access } else { access & AccessFs::from_file(NEWEST) };
            Some((PathFd::new(path).ok()?, access))
        };
        Reachable { places: wanted.into_iter().filter_map(opened).collect() }
    }
}

/// From here on nothing else can be opened, written or executed, no address be connected to, no process be signalled.
pub(super) fn restrict(
    reachable: &Reachable,
    served: Option<impl AsFd>,
    folder: bool,
) -> Result<(), Refused> {
    let ruleset = rules(reachable, served, folder).map_err(|_| Step::Landlock.plain())?;
    let status = ruleset.restrict_self().map_err(|_| Step::Landlock.plain())?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(Step::Landlock.plain()),
        RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(()),
    }
}

fn rules(
    reachable: &Reachable,
    served: Option<impl AsFd>,
    folder: bool,
) -> Result<RulesetCreated, landlock::RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for (place, access) in &reachable.places {
        rules = rules.add_rule(PathBeneath::new(place, *access))?;
    }
    if let Some(served) = served {
        rules = rules.add_rule(PathBeneath::new(served, AccessFs::ReadFile))?;
    }
    if folder {
        let within = AccessFs::ReadFile
            | AccessFs::ReadDir
            | AccessFs::WriteFile
            | AccessFs::Truncate
            | AccessFs::MakeReg
            | AccessFs::MakeDir
            | AccessFs::RemoveFile
            | AccessFs::RemoveDir
            | AccessFs::Refer;
        if let Ok(place) = PathFd::new(Path::new(OUTPUT)) {
            rules = rules.add_rule(PathBeneath::new(place, within))?;
        }
    }
    Ok(rules)
}
