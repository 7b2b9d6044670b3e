//! Plays a tool that was taken over, and the program that runs it: for the tests of this crate, never shipped.

mod acts;
mod attempts;

use std::process::ExitCode;

use vidimus_sandbox::keeper::{self, Granted, Own};
use vidimus_sandbox::{Input, Job, Level, Limits, Need, Program, Sandbox, Setup, Tool};

const OWN: [(&str, Own); 6] = [
    ("attempts-of-our-own", attempts_of_our_own),
    ("length", |granted| acts::length(granted.untrusted_input, granted.output)),
    ("panic", |_| panic!("as a decoder does that met what it did not expect")),
    ("abort", |_| std::process::abort()),
    ("descriptors-of-our-own", |granted| acts::descriptors(granted.output)),
    ("remember", |granted| acts::remember(granted.output)),
];

const USAGE: &str = "attempts INPUT SECRET PORT SOCKET PARENT | call LEVEL own|installed NEEDS SECRET PORT SOCKET | reach | ACT";

fn main() -> ExitCode {
    if let Some(code) = keeper::main(&OWN) {
        return code;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["attempts", input, target @ ..] if target.len() == 4 => {
            print!("{}", attempts::all(|| std::fs::read(input), input, target));
            ExitCode::SUCCESS
        }
        ["call", level, kind, needs, target @ ..] if target.len() == 3 => call(level, kind, needs, target),
        ["reach"] => {
            for (attempt, result) in attempts::reaching() {
                println!("{} {attempt}: {result:?}", if result.is_ok() { "allowed" } else { "blocked" });
            }
            ExitCode::SUCCESS
        }
        [act, rest @ ..] => acts::act(act, rest),
        [] => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn attempts_of_our_own(granted: Granted) -> u8 {
    use std::io::{Read as _, Write as _};
    let (mut input, mut output) = (granted.untrusted_input, granted.output);
    let words: Vec<&str> = granted.arguments.iter().map(String::as_str).collect();
    let read = || {
        let mut all = Vec::new();
        input.read_to_end(&mut all).map(|_| all)
    };
    let said = attempts::all(read, vidimus_sandbox::INPUT, &words);
    u8::from(output.write_all(said.as_bytes()).is_err())
}

/// Runs the attempts sandboxed, whoever this is, and says at which level.
fn call(level: &str, kind: &str, needs: &str, target: &[&str]) -> ExitCode {
    let level = if level == Level::Full.word() { Level::Full } else { Level::NoNamespaces };
    let me = std::env::current_exe().expect("a running program has a name");
    let (name, program) = match kind {
        "own" => ("attempts-of-our-own", Program::Own),
        _ => ("attempts", Program::Installed(me)),
    };
    let all = [("files", Need::Files), ("events", Need::Events), ("processes", Need::Processes)];
    let needs = all.into_iter().filter(|(word, _)| needs.contains(word)).map(|(_, need)| need).collect();
    let tool = Tool { name: name.into(), program, readable: vec![], needs, environment: vec![] };
    let setup = Setup { least: level, most: level, ..Setup::of(vec![tool]) };
    let mut sandbox = match Sandbox::start(setup) {
        Ok(sandbox) => sandbox,
        Err(unavailable) => {
            println!("unavailable: {unavailable}");
            return ExitCode::SUCCESS;
        }
    };
    let parent = std::process::id().to_string();
    let mut arguments = target.to_vec();
    arguments.push(&parent);
    if kind != "own" {
        arguments.splice(0..0, ["attempts", vidimus_sandbox::INPUT]);
    }
    let input = Input::held(&b"granted"[..], 100).expect("there is memory");
    let outcome = sandbox.run(Job { tool: name, arguments: &arguments, limits: Limits::default() }, input);
    let outcome = outcome.expect("the attempts run");
    println!("level {} user {}", outcome.level.word(), sandbox.facts().user);
    print!("{}", String::from_utf8_lossy(&outcome.untrusted_output));
    eprint!("{}", String::from_utf8_lossy(&outcome.untrusted_complaints));
    println!("ended {:?}", outcome.ended);
    ExitCode::SUCCESS
}
