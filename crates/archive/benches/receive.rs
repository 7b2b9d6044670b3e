//! Takes a folder into a new archive and says what it cost: `cargo bench --bench receive -- FOLDER`.

use std::path::PathBuf;

use vidimus_archive::clock::SystemClock;
use vidimus_archive::receive::Receive;
use vidimus_archive::{Archive, Beginning, Opening};
use vidimus_model::CompartmentId;
use vidimus_seal::KdfParams;

const PASSPHRASE: &str = "six small words for the bench";

fn main() {
    let Some(disk) = std::env::args().skip(1).find(|arg| !arg.starts_with("--")) else {
        println!("no folder was named: nothing is measured");
        return;
    };
    let place = tempfile::tempdir_in(".").expect("a folder for the archive");
    let (folder, state) = (place.path().join("archive"), place.path().join("state"));
    let beginning = Beginning {
        state: &state,
        origin: "bench.example/ik-900",
        member: "bench",
        passphrase: PASSPHRASE,
        keyholders: None,
        kdf: KdfParams::default(),
        clock: Box::new(SystemClock),
    };
    let (cpu, wall) = (processor_seconds(), std::time::Instant::now());
    Archive::init(&folder, beginning).expect("a new archive");
    report("init", cpu, wall);
    let (cpu, wall) = (processor_seconds(), std::time::Instant::now());
    let opening = Opening {
        state: &state,
        member: None,
        passphrase: PASSPHRASE,
        first_seen_here: false,
        clock: Box::new(SystemClock),
    };
    let mut archive = Archive::open(&folder, opening).expect("the archive opens");
    report("open", cpu, wall);
    let request = Receive {
        paths: vec![PathBuf::from(disk)],
        giver: None,
        note: None,
        new: false,
        into: CompartmentId::main(),
    };
    let (cpu, wall) = (processor_seconds(), std::time::Instant::now());
    let received = archive.receive(&request, &mut |_| {}).expect("it is received");
    report("receive", cpu, wall);
    println!(
        "{} found, {} taken, {} copies, {} bytes",
        received.found, received.taken, received.copies, received.bytes
    );
}

fn report(what: &str, cpu: f64, wall: std::time::Instant) {
    println!("{what}: cpu {:.2} s, wall {:.2} s", processor_seconds() - cpu, wall.elapsed().as_secs_f64());
}

/// User and system time of this process so far.
fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
