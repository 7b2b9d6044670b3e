//! What a sandbox costs: from the order until the outcome is here, of a tool that does nothing.
//!
//! `cargo bench -p vidimus-sandbox --bench startup [-- RUNS]`. The least is what it costs; the rest is what else the
//! machine had to do.

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use vidimus_sandbox::keeper;
use vidimus_sandbox::{Ended, INPUT, Input, Job, Level, Limits, Program, Sandbox, Setup, Tool, View};

fn main() -> ExitCode {
    if let Some(code) = keeper::main(&[("nothing", |_| 0)]) {
        return code;
    }
    let runs = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(500);
    println!("{runs} runs each, in milliseconds");
    say("no sandbox", runs, &mut || {
        let done = Command::new("/usr/bin/true").stdin(Stdio::null()).stdout(Stdio::piped()).output();
        assert!(done.is_ok_and(|output| output.status.success()), "there is /usr/bin/true");
    });
    for level in [Level::NoNamespaces, Level::Full] {
        let began = Instant::now();
        let tools = vec![
            tool("true", Program::Installed("/usr/bin/true".into())),
            tool("cksum", Program::Installed("/usr/bin/cksum".into())),
            tool("nothing", Program::Own),
        ];
        let setup = Setup { least: level, most: level, ..Setup::of(tools) };
        let mut sandbox = match Sandbox::start(setup) {
            Ok(sandbox) => sandbox,
            Err(unavailable) => {
                println!("{}: {unavailable}", level.word());
                continue;
            }
        };
        println!("{}: the keeper itself, once: {:.2}", level.word(), milliseconds(began.elapsed()));
        for name in ["true", "nothing"] {
            let what = if name == "true" { "a program" } else { "a function of our own" };
            say(&format!("{}, {what}", level.word()), runs, &mut || run(&mut sandbox, name, Input::none()));
        }
        if sandbox.facts().no_views.is_none() {
            let what = format!("{}, a program, its file served", level.word());
            say(&what, runs, &mut || run(&mut sandbox, "true", Ok::<_, ()>(Input::view(Zeros(0)))));
            compare_reading(&mut sandbox);
        }
    }
    ExitCode::SUCCESS
}

/// The same file held and served: what serving costs while it is read from end to end.
fn compare_reading(sandbox: &mut Sandbox) {
    const LENGTH: u64 = 512 << 20;
    for what in ["held in memory", "served"] {
        let input = match what {
            "served" => Input::view(Zeros(LENGTH)),
            _ => {
                Input::held(std::io::Read::take(std::io::repeat(0), LENGTH), LENGTH).expect("there is memory")
            }
        };
        let began = Instant::now();
        let job = Job { tool: "cksum", arguments: &["-a", "crc", INPUT], limits: Limits::default() };
        let outcome = sandbox.run(job, input).expect("it runs");
        assert_eq!(outcome.ended, Ended::Exited(0));
        println!("{what}, 512 MiB read: {:.0} MiB/s", 512.0 / began.elapsed().as_secs_f64());
    }
}

struct Zeros(u64);

impl View for Zeros {
    fn length(&self) -> u64 {
        self.0
    }

    fn read_exact_at(&mut self, _: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        buffer.fill(0);
        Ok(())
    }
}

fn tool(name: &str, program: Program) -> Tool {
    Tool { name: name.into(), program, readable: vec![], needs: vec![], environment: vec![] }
}

fn run<E: std::fmt::Debug>(sandbox: &mut Sandbox, tool: &str, input: Result<Input, E>) {
    let job = Job { tool, arguments: &[], limits: Limits::default() };
    let outcome = sandbox.run(job, input.expect("there is memory")).expect("it runs");
    assert_eq!(outcome.ended, Ended::Exited(0));
}

fn say(what: &str, runs: usize, once: &mut dyn FnMut()) {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let began = Instant::now();
            once();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).copied();
    let [least, half, most] = [0, 50, 99].map(|part| milliseconds(at(part).unwrap_or_default()));
    println!("{what:45} least {least:6.2}  p50 {half:6.2}  p99 {most:6.2}");
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
