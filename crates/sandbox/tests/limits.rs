//! What goes too far is ended, all of it, and the sandbox serves the next file.

mod common;

use std::time::Duration;

use common::{act, left_over, sandbox, sandboxes, text};
use vidimus_sandbox::{Ended, FolderLimits, Input, Job, Level, Limits, Need, RunError, Step};

const SOON: Limits = Limits {
    wall: Duration::from_millis(200),
    cpu: Duration::from_secs(60),
    memory: 1 << 30,
    tasks: 16,
    output: 1 << 20,
    folder: None,
};

/// Time enough on a machine that has much else to do.
fn ample() -> Limits {
    Limits { wall: Duration::from_secs(120), tasks: 16, ..Limits::default() }
}

#[test]
fn time_on_the_wall_ends_even_what_ignores_every_signal() {
    for mut sandbox in sandboxes(&[]) {
        for words in [["wait"], ["ignore-signals"]] {
            let outcome = act(&mut sandbox, &words, SOON).unwrap();
            assert_eq!(outcome.ended, Ended::OutOfTime, "{words:?}");
        }
        assert_eq!(act(&mut sandbox, &["exit", "7"], ample()).unwrap().ended, Ended::Exited(7));
    }
}

#[test]
fn processor_time_ends_even_what_ignores_every_signal() {
    // The limit is the kernel's at every level, so one is enough: this costs seconds.
    if let Some(mut sandbox) = sandboxes(&[]).pop() {
        let limits = Limits { cpu: Duration::from_secs(1), ..ample() };
        for words in [["spin"], ["spin-deaf"]] {
            let outcome = act(&mut sandbox, &words, limits).unwrap();
            assert_eq!(outcome.ended, Ended::OutOfProcessorTime, "{words:?}");
            assert!(outcome.used.cpu > Duration::ZERO, "{:?}", outcome.used);
        }
    }
}

#[test]
fn memory_is_bounded_and_told() {
    for mut sandbox in sandboxes(&[]) {
        let limits = Limits { memory: 200 << 20, ..ample() };
        let much = act(&mut sandbox, &["take", &(300 << 20).to_string()], limits).unwrap();
        assert_eq!((much.ended, text(&much)), (Ended::Exited(1), String::new()));
        let little = act(&mut sandbox, &["take", &(50 << 20).to_string()], limits).unwrap();
        assert_eq!(little.ended, Ended::Exited(0));
        assert!(little.used.memory >= 50 << 20, "{:?}", little.used);
    }
}

#[test]
fn output_ends_where_it_was_to_end() {
    for mut sandbox in sandboxes(&[]) {
        let limits = Limits { output: 100_000, ..ample() };
        let flood = act(&mut sandbox, &["flood"], limits).unwrap();
        assert_eq!((flood.ended, flood.untrusted_output.len()), (Ended::TooMuchOutput, 100_000));
        let complaints = act(&mut sandbox, &["complain"], SOON).unwrap();
        assert_eq!((complaints.ended, complaints.untrusted_complaints.len()), (Ended::OutOfTime, 64 << 10));
    }
}

#[test]
fn exactly_as_much_output_as_granted_is_not_too_much() {
    for mut sandbox in sandboxes(&[]) {
        let outcome = act(&mut sandbox, &["read-at", "0", "7"], Limits { output: 7, ..ample() }).unwrap();
        assert_eq!((outcome.ended, text(&outcome)), (Ended::Exited(0), "granted".into()));
        let outcome = act(&mut sandbox, &["read-at", "0", "7"], Limits { output: 6, ..ample() }).unwrap();
        assert_eq!((outcome.ended, text(&outcome)), (Ended::TooMuchOutput, "grante".into()));
    }
}

#[test]
fn a_sink_that_refuses_ends_the_run() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for mut sandbox in sandboxes(&[]) {
        let job = Job { tool: "probe", arguments: &["flood"], limits: ample() };
        let refused = sandbox.run_into(job, Input::none().unwrap(), &mut Full);
        assert!(matches!(refused, Err(RunError::Sink(_))), "{refused:?}");
        assert_eq!(act(&mut sandbox, &["exit", "0"], ample()).unwrap().ended, Ended::Exited(0));
    }
}

#[test]
fn a_tool_that_needs_no_processes_can_make_none() {
    for mut sandbox in sandboxes(&[]) {
        let outcome = act(&mut sandbox, &["fork", "1"], ample()).unwrap();
        assert!(text(&outcome).starts_with("0, then Operation not permitted"), "{}", text(&outcome));
    }
}

#[test]
fn processes_are_counted_and_a_bomb_is_taken_away() {
    let Some(mut sandbox) = sandbox(Level::Full, &[Need::Processes]) else { return };
    // The tool itself is one of the sixteen.
    assert_eq!(act(&mut sandbox, &["fork", "15"], ample()).unwrap().ended, Ended::Exited(0));
    let outcome = act(&mut sandbox, &["fork", "16"], ample()).unwrap();
    assert!(text(&outcome).starts_with("15, then Resource temporarily unavailable"), "{}", text(&outcome));
    assert_eq!(act(&mut sandbox, &["bomb"], SOON).unwrap().ended, Ended::OutOfTime);
}

#[test]
fn signals_go_to_processes_of_its_own_only_where_there_are_no_others() {
    for mut sandbox in sandboxes(&[Need::Processes]) {
        let outcome = act(&mut sandbox, &["signal-child"], ample()).unwrap();
        let complaint = String::from_utf8_lossy(&outcome.untrusted_complaints).into_owned();
        if sandbox.facts().level == Level::Full {
            assert_eq!(outcome.ended, Ended::Exited(0), "{complaint}");
        } else {
            assert_eq!(outcome.ended, Ended::Exited(1));
            assert!(complaint.contains("os error 1)"), "{complaint}");
        }
    }
}

#[test]
fn nobody_stays_behind() {
    for mut sandbox in sandboxes(&[Need::Processes]) {
        for words in [["stay-behind"], ["zombies"]] {
            // Even who ended counts until somebody took note.
            let limits = Limits { tasks: 30, ..ample() };
            assert_eq!(act(&mut sandbox, &words, limits).unwrap().ended, Ended::Exited(0), "{words:?}");
        }
        if sandbox.facts().level == Level::NoNamespaces {
            // Here a bomb is bounded by all that the machine has, so there is only a small one.
            assert_eq!(act(&mut sandbox, &["fork", "20"], ample()).unwrap().ended, Ended::Exited(0));
        }
    }
    assert_eq!(left_over("stay-behind") + left_over("zombies"), 0);
}

#[test]
fn crashes_and_panics_are_told_and_the_next_file_is_served() {
    for mut sandbox in sandboxes(&[]) {
        assert_eq!(act(&mut sandbox, &["crash"], ample()).unwrap().ended, Ended::Killed(6));
        for (tool, ended) in
            [("abort", Ended::Killed(6)), ("panic", Ended::Exited(101)), ("length", Ended::Exited(0))]
        {
            let job = Job { tool, arguments: &[], limits: ample() };
            let outcome = sandbox.run(job, Input::held(&b"granted"[..], 7).unwrap()).unwrap();
            assert_eq!(outcome.ended, ended, "{tool}");
        }
    }
}

#[test]
fn what_one_file_left_in_memory_no_other_meets() {
    for mut sandbox in sandboxes(&[]) {
        for _ in 0..3 {
            let job = Job { tool: "remember", arguments: &[], limits: ample() };
            assert_eq!(text(&sandbox.run(job, Input::none().unwrap()).unwrap()), "0");
        }
    }
}

#[test]
fn a_tool_has_four_descriptors_and_no_environment_of_ours() {
    for mut sandbox in sandboxes(&[]) {
        let outcome = act(&mut sandbox, &["descriptors"], ample()).unwrap();
        assert_eq!(text(&outcome), "0 1 2 3");
        let job = Job { tool: "descriptors-of-our-own", arguments: &[], limits: ample() };
        // And a second name of the granted file.
        assert_eq!(text(&sandbox.run(job, Input::none().unwrap()).unwrap()), "0 1 2 3 4");
        let told = text(&act(&mut sandbox, &["environment"], ample()).unwrap());
        let mut names: Vec<&str> = told.lines().filter_map(|line| line.split('=').next()).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["FLAVOUR", "HOME", "LANG", "MALLOC_ARENA_MAX", "OMP_THREAD_LIMIT", "PATH", "TMPDIR"]
        );
    }
}

#[test]
fn a_tool_executes_nothing_again() {
    for mut sandbox in sandboxes(&[]) {
        let again = act(&mut sandbox, &["execute-again"], ample()).unwrap();
        assert_eq!(again.ended, Ended::Exited(1));
    }
}

#[test]
fn a_tool_that_runs_is_no_root_and_has_no_rights() {
    /// Looks at the tool from outside, once it has said something.
    struct Look(String);
    impl std::io::Write for Look {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            self.0 = common::status("ignore-signals look");
            Err(std::io::ErrorKind::Other.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for mut sandbox in sandboxes(&[]) {
        let mut look = Look(String::new());
        let job = Job { tool: "probe", arguments: &["ignore-signals", "look"], limits: ample() };
        let ended = sandbox.run_into(job, Input::none().unwrap(), &mut look);
        assert!(matches!(ended, Err(RunError::Sink(_))), "{ended:?}");
        let of =
            |name: &str| look.0.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        let root = of("Uid:").split_whitespace().any(|user| user == "0");
        assert!(!root && !of("Uid:").is_empty(), "{}", look.0);
        for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
            assert_eq!(of(set), "0000000000000000", "{set}");
        }
        if sandbox.facts().level == Level::Full {
            assert_eq!(of("CapBnd:"), "0000000000000000");
            assert_eq!(of("NSpid:").split_whitespace().count(), 2, "processes of its own");
        }
        assert_eq!((of("NoNewPrivs:"), of("Seccomp:")), ("1", "2"));
    }
}

#[test]
fn an_output_folder_holds_what_was_granted_and_is_collected() {
    let Some(mut sandbox) = sandbox(Level::Full, &[Need::Files]) else { return };
    let folder = Some(FolderLimits { bytes: 1 << 20, entries: 4 });
    let outcome = act(&mut sandbox, &["fill", "10", "5000", "0"], Limits { folder, ..ample() }).unwrap();
    assert_eq!(outcome.ended, Ended::Exited(0), "{}", String::from_utf8_lossy(&outcome.untrusted_complaints));
    let folder_of_it = outcome.folder.unwrap();
    let files = folder_of_it.untrusted_files().unwrap();
    let lengths: Vec<(&str, u64)> =
        files.iter().map(|file| (file.path.to_str().unwrap(), file.length)).collect();
    assert_eq!(lengths, [("0", 10), ("1", 5000), ("2", 0)]);
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut folder_of_it.open(&files[1]).unwrap(), &mut bytes).unwrap();
    assert_eq!(bytes, vec![b'f'; 5000]);
    for too_much in [&["fill", "1", "1", "1", "1", "1"][..], &["fill", "2000000"]] {
        let outcome = act(&mut sandbox, too_much, Limits { folder, ..ample() }).unwrap();
        assert_ne!(outcome.ended, Ended::Exited(0), "{too_much:?}");
        assert!(outcome.folder.unwrap().untrusted_files().unwrap().len() <= 4);
    }
    // The next run finds nothing of it.
    let empty = act(&mut sandbox, &["fill"], Limits { folder, ..ample() }).unwrap();
    assert_eq!(empty.folder.unwrap().untrusted_files().unwrap(), []);
}

#[test]
fn without_namespaces_there_is_no_output_folder() {
    let mut sandbox = sandbox(Level::NoNamespaces, &[Need::Files]).unwrap();
    let folder = Some(FolderLimits { bytes: 1, entries: 1 });
    let refused = act(&mut sandbox, &["fill"], Limits { folder, ..ample() });
    assert!(matches!(refused, Err(RunError::NeedsNamespaces)), "{refused:?}");
}

#[test]
fn a_tool_that_is_missing_or_unknown_is_told() {
    for mut sandbox in sandboxes(&[]) {
        let job = Job { tool: "nonesuch", arguments: &[], limits: ample() };
        let refused = sandbox.run(job, Input::none().unwrap());
        assert!(matches!(&refused, Err(RunError::UnknownTool(name)) if name == "nonesuch"), "{refused:?}");
    }
    let mut setup = vidimus_sandbox::Setup::of(common::tools(&[]));
    setup.executable = common::PROBE.clone();
    setup.tools[0].program = vidimus_sandbox::Program::Installed("/usr/bin/no-such-decoder".into());
    let mut sandbox = vidimus_sandbox::Sandbox::start(setup).unwrap();
    let refused = act(&mut sandbox, &["exit", "0"], ample());
    assert!(
        matches!(&refused, Err(RunError::Refused(refused)) if refused.step == Step::Program),
        "{refused:?}"
    );
}

#[test]
fn a_sandbox_of_many_tools_runs_each() {
    let mut setup = vidimus_sandbox::Setup::of(common::tools(&[]));
    setup.executable = common::PROBE.clone();
    let probe = setup.tools[0].clone();
    let another = |number| vidimus_sandbox::Tool { name: format!("probe-{number}"), ..probe.clone() };
    setup.tools.extend((0..60).map(another));
    let mut sandbox = vidimus_sandbox::Sandbox::start(setup).unwrap();
    for tool in ["probe", "probe-0", "probe-59"] {
        let job = Job { tool, arguments: &["exit", "9"], limits: ample() };
        assert_eq!(sandbox.run(job, Input::none().unwrap()).unwrap().ended, Ended::Exited(9), "{tool}");
    }
}

#[test]
fn a_keeper_that_died_is_replaced() {
    for level in [Level::Full, Level::NoNamespaces] {
        let Some(mut sandbox) = sandbox(level, &[]) else { continue };
        assert_eq!(act(&mut sandbox, &["exit", "0"], ample()).unwrap().ended, Ended::Exited(0));
        kill_keepers_of_this_test();
        // Whether the loss is noticed before or after the order was sent, the run after that is served.
        let lost = act(&mut sandbox, &["exit", "0"], ample());
        assert!(matches!(lost, Err(RunError::Keeper(_))), "{lost:?}");
        assert_eq!(act(&mut sandbox, &["exit", "3"], ample()).unwrap().ended, Ended::Exited(3));
    }
}

/// Ends the keepers that this thread started: other tests have theirs.
fn kill_keepers_of_this_test() {
    let thread = rustix::thread::gettid().as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/self/task/{thread}/children")).unwrap();
    for child in children.split_whitespace() {
        let child = rustix::process::Pid::from_raw(child.parse().unwrap()).unwrap();
        rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
    }
}
