//! A time-stamp authority for tests, made with the `openssl` program in a folder of its own.
//!
//! Include it from another crate's tests with
//! `#[path = "../../proof/tests/common/authority.rs"] mod authority;` (needs `tempfile`).
#![allow(dead_code)] // Each test program uses a part of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What the authority is like. `Plan::default()` is a good one.
pub struct Plan {
    /// Arguments of `openssl genpkey` for all its keys.
    pub key: &'static [&'static str],
    /// Its certificate's extended key usage, as in `openssl.cnf`; `None` leaves it out.
    pub purpose: Option<&'static str>,
    /// Its certificate's key usage.
    pub key_usage: &'static str,
    /// Whether a middle authority stands between the root and it.
    pub middle: bool,
    /// No root at all: it signed its own certificate.
    pub self_signed: bool,
    /// Whether the root's certificate comes with the token as well.
    pub send_root: bool,
    /// Hash of the signature, `sha256` and so on.
    pub digest: &'static str,
    /// Hash by which the signature names the certificate; `sha1` is ESSCertID, others ESSCertIDv2.
    pub binding: &'static str,
    /// Days that its certificates are valid, from now.
    pub days: u32,
    /// The root's name.
    pub root_name: &'static str,
    /// What the middle authority's certificate says that it may do, as in `openssl.cnf`.
    pub middle_says: &'static str,
    /// Another name of the authority, such as `DNS:stamps.example`.
    pub other_name: Option<&'static str>,
    /// Whether the root's certificate is of version 1, which says nothing of what it may do.
    pub old_root: bool,
}

pub const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
pub const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];

/// What an issuer's certificate says.
pub const ISSUER: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign";

/// The policy under which it stamps when none is asked for, and the other one that it accepts.
pub const POLICY: &str = "1.3.6.1.4.1.99999.1";
pub const OTHER_POLICY: &str = "1.3.6.1.4.1.99999.2";

impl Default for Plan {
    fn default() -> Self {
        Self {
            key: P256,
            purpose: Some("critical,timeStamping"),
            key_usage: "critical,digitalSignature",
            middle: false,
            self_signed: false,
            send_root: false,
            digest: "sha256",
            binding: "sha256",
            days: 30,
            root_name: "Test Root",
            middle_says: ISSUER,
            other_name: None,
            old_root: false,
        }
    }
}

/// An authority with keys and certificates.
pub struct Authority {
    folder: TempDir,
    /// Whether other certificates than its own come with a token; `openssl` takes no empty file of them.
    sends_chain: bool,
}

/// Whether `openssl` is there; prints that the test is skipped where it is not.
pub fn openssl_is_there() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok();
    if !there {
        println!("skipped: the program openssl is not installed");
    }
    there
}

impl Authority {
    pub fn new(plan: &Plan) -> Self {
        let authority = Self { folder: TempDir::new().unwrap(), sends_chain: plan.middle || plan.send_root };
        let purpose = match plan.purpose {
            Some(purpose) => format!("extendedKeyUsage={purpose}"),
            None => String::new(),
        };
        let key_usage = plan.key_usage;
        let other_name = plan.other_name.map(|name| format!("subjectAltName={name}\n")).unwrap_or_default();
        let middle_says = plan.middle_says;
        let config = format!(
            "[req]\ndistinguished_name=dn\n[dn]\n\
             [ca]\n{ISSUER}\nsubjectKeyIdentifier=hash\n[middle]\n{middle_says}\nsubjectKeyIdentifier=hash\n\
             [stamps]\nbasicConstraints=critical,CA:FALSE\nkeyUsage={key_usage}\nsubjectKeyIdentifier=hash\n{other_name}{purpose}\n\
             [tsa]\ndefault_tsa=service\n[service]\nserial=serial\nsigner_cert=tsa.pem\n{chain}signer_key=tsa.key\n\
             signer_digest={digest}\ndefault_policy={POLICY}\nother_policies={OTHER_POLICY}\ndigests=sha256,sha384,sha512\n\
             accuracy=secs:1,millisecs:500\nordering=yes\ntsa_name=yes\ness_cert_id_chain=no\ness_cert_id_alg={binding}\n",
            chain = if authority.sends_chain { "certs=chain.pem\n" } else { "" },
            digest = plan.digest,
            binding = plan.binding,
        );
        authority.write("openssl.cnf", config.as_bytes());
        authority.write("serial", b"01\n");

        let days = plan.days.to_string();
        if plan.self_signed {
            authority.certificate("tsa", "/CN=Test Time Stamps", "stamps", plan.key, &days, None);
            fs::copy(authority.file("tsa.pem"), authority.file("root.pem")).unwrap();
        } else {
            let name = format!("/CN={}", plan.root_name);
            authority.certificate("root", &name, "ca", plan.key, &days, None);
            if plan.old_root {
                let request =
                    ["x509", "-x509toreq", "-in", "root.pem", "-signkey", "root.key", "-out", "root.csr"];
                authority.openssl(&request);
                let old = ["x509", "-req", "-in", "root.csr", "-signkey", "root.key", "-days", &days];
                authority.openssl(&[&old[..], &["-out", "root.pem"]].concat());
            }
            let issuer = match plan.middle {
                true => {
                    authority.certificate(
                        "middle",
                        "/CN=Test Middle",
                        "middle",
                        plan.key,
                        &days,
                        Some("root"),
                    );
                    "middle"
                }
                false => "root",
            };
            let subject = "/O=Test/CN=Test Time Stamps";
            authority.certificate("tsa", subject, "stamps", plan.key, &days, Some(issuer));
        }
        let mut chain = Vec::new();
        if plan.middle {
            chain.extend(authority.read("middle.pem"));
        }
        if plan.send_root {
            chain.extend(authority.read("root.pem"));
        }
        if authority.sends_chain {
            authority.write("chain.pem", &chain);
        }
        authority
    }

    /// Answers a request, both as they travel over HTTP.
    pub fn answer(&self, request_der: &[u8]) -> Vec<u8> {
        self.write("request.tsq", request_der);
        let arguments =
            ["ts", "-reply", "-config", "openssl.cnf", "-queryfile", "request.tsq", "-out", "answer.tsr"];
        self.openssl(&arguments);
        self.read("answer.tsr")
    }

    /// Signs a TSTInfo of the caller's making, by `openssl cms`, which asks no questions; returns the bare token.
    ///
    /// `more` are further arguments, such as `-keyopt rsa_padding_mode:pss`.
    pub fn sign(&self, info_der: &[u8], more: &[&str]) -> Vec<u8> {
        self.write("info.der", info_der);
        let mut arguments = vec![
            "cms",
            "-sign",
            "-binary",
            "-nodetach",
            "-cades",
            "-nosmimecap",
            "-econtent_type",
            "1.2.840.113549.1.9.16.1.4",
            "-signer",
            "tsa.pem",
            "-inkey",
            "tsa.key",
            "-outform",
            "DER",
            "-in",
            "info.der",
            "-out",
            "token.der",
        ];
        if self.sends_chain {
            arguments.extend(["-certfile", "chain.pem"]);
        }
        arguments.extend(more);
        self.openssl(&arguments);
        self.read("token.der")
    }

    /// Whether `openssl ts -verify` accepts a stored answer over `message`.
    pub fn openssl_accepts(&self, answer: &[u8], message: &[u8]) -> bool {
        self.write("stored.tsr", answer);
        self.write("message", message);
        let arguments = ["ts", "-verify", "-in", "stored.tsr", "-data", "message", "-CAfile", "root.pem"];
        self.command(&arguments).output().unwrap().status.success()
    }

    /// The certificate to trust.
    pub fn root_pem(&self) -> String {
        String::from_utf8(self.read("root.pem")).unwrap()
    }

    /// Its own certificate.
    pub fn own_pem(&self) -> String {
        String::from_utf8(self.read("tsa.pem")).unwrap()
    }

    /// A file of its folder: `root.pem`, `middle.pem`, `tsa.pem`, `tsa.key`, `chain.pem`, `openssl.cnf`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn certificate(
        &self,
        name: &str,
        subject: &str,
        kind: &str,
        key: &[&str],
        days: &str,
        issuer: Option<&str>,
    ) {
        let (own_key, pem) = (format!("{name}.key"), format!("{name}.pem"));
        let mut arguments = vec!["genpkey", "-out", &own_key];
        arguments.extend(key);
        self.openssl(&arguments);
        match issuer {
            None => self.openssl(&[
                "req",
                "-x509",
                "-new",
                "-config",
                "openssl.cnf",
                "-extensions",
                kind,
                "-key",
                &own_key,
                "-subj",
                subject,
                "-days",
                days,
                "-sha256",
                "-out",
                &pem,
            ]),
            Some(issuer) => {
                let request = format!("{name}.csr");
                let (issuer_key, issuer_pem) = (format!("{issuer}.key"), format!("{issuer}.pem"));
                self.openssl(&[
                    "req",
                    "-new",
                    "-config",
                    "openssl.cnf",
                    "-key",
                    &own_key,
                    "-subj",
                    subject,
                    "-out",
                    &request,
                ]);
                self.openssl(&[
                    "x509",
                    "-req",
                    "-in",
                    &request,
                    "-CA",
                    &issuer_pem,
                    "-CAkey",
                    &issuer_key,
                    "-CAcreateserial",
                    "-days",
                    days,
                    "-sha256",
                    "-extfile",
                    "openssl.cnf",
                    "-extensions",
                    kind,
                    "-out",
                    &pem,
                ]);
            }
        }
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {error}");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(self.folder.path());
        command
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.file(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap()
    }
}
