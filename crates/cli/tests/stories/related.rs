//! Copies in another form are found, and named as what they are; the same place on another day is no copy.

use std::process::Command;

use serde_json::Value;

use super::examining::has_sandbox;
use super::support::{House, Said};

/// The longest of all and of the most pixels.
const FILM: &str = "disk/a/corridor.mp4";

fn ffmpeg(house: &House, arguments: &[&str]) {
    let mut command = Command::new("ffmpeg");
    house.settle(&mut command);
    command.args(["-nostdin", "-v", "error", "-y"]).args(arguments);
    assert_eq!(Said::of(command).code, 0, "Debian's ffmpeg makes the films of this story: {arguments:?}");
}

/// A place that looks the same every day, made of blots, before which two grey figures move as the numbers say.
fn corridor(house: &House, name: &str, walk: [&str; 2]) {
    let place = "nullsrc=size=480x360:rate=12:duration=24,format=gray,geq=lum='128+60*sin(X/17+sin(Y/23)*3)+50*sin(Y/13+cos(X/31)*4)'";
    let [one, other] = walk;
    let figures = format!(
        "{place}[place];color=black:size=40x120:rate=12:duration=24[one];color=white:size=30x90:rate=12:duration=24[other];\
         [place][one]overlay=x='{one}':y=180[with];[with][other]overlay=x='{other}':y=60,format=yuv420p"
    );
    ffmpeg(house, &["-filter_complex", &figures, "-c:v", "libx264", "-crf", "18", name]);
}

/// The pair of two paths, whichever stands first.
fn said<'a>(pairs: &'a [Value], paths: &[(String, String)], one: &str, other: &str) -> Option<&'a Value> {
    let reference = |path: &str| &paths.iter().find(|(_, at)| at == path).expect(path).0;
    let (one, other) = (reference(one), reference(other));
    pairs.iter().find(|pair| {
        let (a, b) = (&pair["a"], &pair["b"]);
        a == one && b == other || a == other && b == one
    })
}

#[test]
fn copies_in_another_form_are_found_and_another_day_is_none() {
    let house = House::with_archive();
    if !has_sandbox(&house) {
        return;
    }
    for folder in ["disk/a", "disk/b"] {
        std::fs::create_dir_all(house.path(folder)).unwrap();
    }
    corridor(&house, FILM, ["220+200*sin(t*0.7)*cos(t*0.23)", "200+180*cos(t*0.5+1)*sin(t*0.31)"]);
    corridor(
        &house,
        "disk/b/next day.mp4",
        ["210+190*cos(t*0.6+2)*cos(t*0.37)", "190+170*sin(t*0.43+3)*cos(t*0.29)"],
    );
    ffmpeg(&house, &["-i", FILM, "-vf", "scale=320:240,fps=10", "-crf", "30", "disk/b/small.mp4"]);
    ffmpeg(&house, &["-ss", "8", "-i", FILM, "-t", "10", "disk/b/excerpt.mkv"]);
    ffmpeg(&house, &["-ss", "12", "-i", FILM, "-frames:v", "1", "disk/b/still.png"]);
    ffmpeg(&house, &["-i", "disk/b/still.png", "-vf", "scale=360:270", "disk/b/still.jpg"]);
    std::fs::copy(house.path(FILM), house.path("disk/b/copy of it.mp4")).unwrap();
    house.file("disk/b/note.txt", "The corridor of ИК-900, as it was on two days.\n");

    house.vidimus(["receive", "disk"]).succeeds();
    let before = house.vidimus(["similar", "--json"]).succeeds();
    assert_eq!(
        before.json().as_array().unwrap().len(),
        1,
        "exact copies are known without looking: {}",
        before.out
    );
    house.vidimus(["examine"]).succeeds();
    let listed = house.vidimus(["list", "--json"]).json();
    let paths: Vec<(String, String)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["ref"].as_str().unwrap().to_owned(), row["path"].as_str().unwrap().to_owned()))
        .collect();
    let found = house.vidimus(["similar", "--json"]).succeeds().json();
    let pairs = found.as_array().unwrap();
    let kind =
        |one: &str, other: &str| said(pairs, &paths, one, other).map(|pair| pair["kind"].as_str().unwrap());
    let film = FILM.trim_start_matches("disk/");
    assert_eq!(kind(film, "b/copy of it.mp4"), Some("exact"), "{found:#}");
    assert_eq!(kind(film, "b/small.mp4"), Some("reencoded"), "{found:#}");
    assert_eq!(kind(film, "b/excerpt.mkv"), Some("excerpt"), "{found:#}");
    assert_eq!(kind("b/still.png", "b/still.jpg"), Some("reencoded"), "{found:#}");
    // The place is the same, and nothing that moves.
    for copy in [film, "b/small.mp4", "b/excerpt.mkv", "b/copy of it.mp4"] {
        assert!(matches!(kind(copy, "b/next day.mp4"), None | Some("same_view")), "{found:#}");
    }
    // Where it was taken from.
    let excerpt = said(pairs, &paths, film, "b/excerpt.mkv").unwrap();
    let is_film_first = excerpt["a"] == paths.iter().find(|(_, path)| path == film).unwrap().0.as_str();
    let [from, to] = if is_film_first { ["a_from", "a_to"] } else { ["b_from", "b_to"] };
    assert!((excerpt[from].as_f64().unwrap() - 8.0).abs() < 0.5, "{excerpt}");
    assert!((excerpt[to].as_f64().unwrap() - 18.0).abs() < 0.8, "{excerpt}");

    // Each group has a likely original, and what is in others need not be watched again.
    let groups = house.vidimus(["similar", "--groups", "--json"]).json();
    let of_film =
        groups.as_array().unwrap().iter().find(|group| group["items"].as_array().unwrap().len() == 4);
    let original = paths.iter().find(|(_, path)| path == film).unwrap().0.as_str();
    assert_eq!(of_film.expect("one group of four")["original"], original, "{groups:#}");
    let remaining = house.vidimus(["similar", "--remaining", "--json"]).json();
    let sum: f64 = remaining.as_array().unwrap().iter().map(|one| one["new"].as_f64().unwrap()).sum();
    assert!((46.0..=50.0).contains(&sum), "two days of 24 seconds: {remaining:#}");

    // What is withdrawn is in no pair, unless it is asked for; of one item only its own pairs are told.
    house.vidimus(["withdraw", original, "--reason", "the family asked"]).succeeds();
    let names = |said: Said| {
        said.json().as_array().unwrap().iter().any(|pair| pair["a"] == original || pair["b"] == original)
    };
    assert!(!names(house.vidimus(["similar", "--json"])));
    let asked = house.vidimus(["similar", original, "--lang=en"]);
    assert!(asked.code == 1 && asked.err.contains("is withdrawn, and left out"), "{}", asked.err);
    assert!(names(house.vidimus(["similar", original, "--withdrawn", "--json"])));
    for asked in [
        ["similar", "--withdrawn", "--lang=en"],
        ["similar", "--groups", "--lang=uk"],
        ["similar", "--remaining", "--lang=ru"],
    ] {
        house.vidimus(asked).succeeds();
    }
}
