//! Chores of the repository that a machine can do: keeps its rules and makes the sample material of the demo.

mod rules;
mod sample;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
cargo run -p xtask -- rules         what in this repository breaks its own rules
cargo run -p xtask -- sample DIR    make the fictional sample material in DIR, which must be empty or absent";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.first().and_then(|word| word.to_str()) {
        Some("rules") if arguments.len() == 1 => say_rules(),
        Some("sample") if arguments.len() == 2 => say_sample(Path::new(&arguments[1])),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn say_rules() -> ExitCode {
    let complaints = match rules::Tree::read(&rules::repository()) {
        Ok(tree) => rules::check(&tree),
        Err(error) => {
            eprintln!("The repository cannot be read: {error}.");
            return ExitCode::FAILURE;
        }
    };
    for complaint in &complaints {
        println!("{complaint}");
    }
    println!("{} complaints", complaints.len());
    if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say_sample(folder: &Path) -> ExitCode {
    match sample::make(folder) {
        Ok(counts) => {
            print!("{counts}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
