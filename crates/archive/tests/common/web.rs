//! A web server of one answer on a free port of this machine, and what it takes to forge a time-stamp answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// What the server answers.
pub struct Answer {
    pub status: &'static str,
    pub location: Option<String>,
    /// A length other than the body's.
    pub claimed_length: Option<usize>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn ok(body: Vec<u8>) -> Self {
        Self { status: "200 OK", location: None, claimed_length: None, body }
    }
}

/// A server that lives as long as the test program.
pub struct Web {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Answers each request's body with what `answer` makes of it.
    pub fn new(answer: impl Fn(&[u8]) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/tsa", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that hangs up early is part of some stories.
                let _ = serve(stream.unwrap(), &answer, &seen);
            }
        });
        Self { url, heads }
    }

    /// An address where nobody listens.
    pub fn nobody() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/tsa", listener.local_addr().unwrap())
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// How many requests came.
    pub fn asked(&self) -> usize {
        self.heads().len()
    }

    /// The request lines and headers that came.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    answer: &impl Fn(&[u8]) -> Answer,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length =
        head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    seen.lock().unwrap().push(head);
    let Answer { status, location, claimed_length, body } = answer(&body);
    let length = claimed_length.unwrap_or(body.len());
    let location = location.map(|to| format!("location: {to}\r\n")).unwrap_or_default();
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status}\r\n{location}content-length: {length}\r\nconnection: close\r\n\r\n")?;
    stream.write_all(&body)
}

/// The TSTInfo that a true answer holds.
pub fn info_of(answer: &[u8], folder: &Path) -> Vec<u8> {
    std::fs::write(folder.join("true.tsr"), answer).unwrap();
    let run = |arguments: &[&str]| {
        let done = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run(&["ts", "-reply", "-in", "true.tsr", "-token_out", "-out", "true.der"]);
    run(&[
        "cms",
        "-verify",
        "-noverify",
        "-nosigs",
        "-binary",
        "-inform",
        "DER",
        "-in",
        "true.der",
        "-out",
        "info.der",
    ]);
    std::fs::read(folder.join("info.der")).unwrap()
}

/// A bare token as an answer with status `granted`.
pub fn granted(token: &[u8]) -> Vec<u8> {
    vidimus_proof::timestamp::Token::from_der(token).unwrap().to_response_der()
}
