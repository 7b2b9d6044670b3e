//! A time-stamp authority behind an encrypted connection: its server shows a certificate that counts, or one that does not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::authority::{Authority, Plan, openssl_is_there};
use crate::support::House;

#[test]
fn an_authority_is_asked_over_https_and_only_with_a_certificate_that_counts() {
    if !openssl_is_there() {
        eprintln!("skipped: no openssl here");
        return;
    }
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    house.vidimus(["receive", "disk"]).succeeds();
    let authority = Arc::new(Authority::new(&Plan::default()));
    house.file("archive/authority.pem", authority.root_pem());
    certificates(&house.path(""));
    for name in ["web", "stranger"] {
        std::fs::copy(house.path(&format!("{name}.pem")), house.path(&format!("archive/{name}.pem")))
            .unwrap();
    }
    let settings = |host: &str, port: u16, web_ca: Option<&str>| {
        let url = format!("https://{host}:{port}/tsa");
        let one = json!({ "name": "Example", "url": url, "ca": "authority.pem", "web_ca": web_ca });
        house.file("archive/settings.json", json!({ "authorities": [one] }).to_string());
    };
    let port = serve(&house.path(""), "server", &authority);
    let expired = serve(&house.path(""), "expired", &authority);

    // A stranger's certificate, the web's own authorities, another name, one that has expired.
    for (host, port, web_ca) in [
        ("localhost", port, Some("stranger.pem")),
        ("localhost", port, None),
        ("127.0.0.1", port, Some("web.pem")),
        ("localhost", expired, Some("web.pem")),
    ] {
        settings(host, port, web_ca);
        for (lang, said) in [
            ("en", "its connection could not be secured"),
            ("uk", "захищене з'єднання з ним не встановлено"),
            ("ru", "защищённое соединение с ним не установлено"),
        ] {
            let refused = house.vidimus(["anchor", "--lang", lang]);
            assert!(refused.code == 1 && refused.out.contains(said), "{host} {web_ca:?}: {refused:?}");
        }
    }
    settings("localhost", port, Some("web.pem"));
    let stamped = house.vidimus(["anchor"]).succeeds();
    assert!(stamped.out.contains("Example says: the receipt of size"), "{stamped:?}");
    // What the settings name has its place in the folder.
    std::fs::remove_file(house.path("archive/stranger.pem")).unwrap();
    house.vidimus(["check"]).succeeds();
}

/// In the folder: `web.pem` certified `server.pem` and `expired.pem` for `localhost`; `stranger.pem` did not.
fn certificates(folder: &Path) {
    std::fs::write(
        folder.join("web.cnf"),
        "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
         [server]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n",
    )
    .unwrap();
    let run = |line: &str| {
        let done = Command::new("openssl").args(line.split(' ')).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    };
    for name in ["web", "stranger", "server", "expired"] {
        run(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
    }
    for ca in ["web", "stranger"] {
        run(&format!(
            "req -x509 -new -key {ca}.key -subj /CN={ca} -days 30 -config web.cnf -extensions ca -out {ca}.pem"
        ));
    }
    for server in ["server", "expired"] {
        run(&format!("req -new -key {server}.key -subj /CN=localhost -config web.cnf -out {server}.csr"));
    }
    let sign = "-CA web.pem -CAkey web.key -CAcreateserial -extfile web.cnf -extensions server";
    run(&format!("x509 -req -in server.csr {sign} -days 30 -out server.pem"));
    // It ended before it began, which no clock makes valid.
    run(&format!("x509 -req -in expired.csr {sign} -days -1 -out expired.pem"));
}

/// Serves the authority over TLS with the certificate of this name; the port.
fn serve(folder: &Path, name: &str, authority: &Arc<Authority>) -> u16 {
    let certificate = CertificateDer::from_pem_file(folder.join(format!("{name}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key"))).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    // Both families, because `localhost` is either.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let authority = Arc::clone(authority);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that does not like the certificate hangs up.
            let _ = answer(stream.unwrap(), &config, &authority);
        }
    });
    port
}

fn answer(stream: TcpStream, config: &Arc<ServerConfig>, authority: &Authority) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let body = authority.answer(&body);
    let stream = reader.get_mut();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)?;
    stream.conn.send_close_notify();
    stream.flush()
}
