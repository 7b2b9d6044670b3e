//! A time-stamp authority on this machine alone, for the scenario that asks one.

#[path = "../../../proof/tests/common/authority.rs"]
mod authority;

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use authority::{Authority, Plan, openssl_is_there};

/// Starts an authority that answers until this program ends, and names it in the settings of the archive in this folder.
///
/// # Errors
/// The program `openssl` is missing (`Unsupported`), or the file system or the network fails.
pub fn configure(archive: &Path) -> io::Result<()> {
    if !openssl_is_there() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let authority = Authority::new(&Plan::default());
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/tsa", listener.local_addr()?);
    fs::write(archive.join("ca.pem"), authority.root_pem())?;
    let settings = serde_json::json!({ "authorities": [{ "name": "Test", "url": url, "ca": "ca.pem" }] });
    fs::write(archive.join("settings.json"), settings.to_string())?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Who asks may have been killed meanwhile.
            let _ = answer(&stream, &authority);
        }
    });
    Ok(())
}

fn answer(stream: &TcpStream, authority: &Authority) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut request = vec![0; length];
    reader.read_exact(&mut request)?;
    let body = authority.answer(&request);
    let mut stream = stream;
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)
}
