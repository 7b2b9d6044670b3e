//! Asking an authority over HTTP or HTTPS (RFC 3161, 3.4), saying nothing of ourselves.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use vidimus_proof::timestamp::MAX_BYTES;

use super::{AskError, Authority, AuthoritySettings, Unreached};

/// From the first packet to the last: an authority that takes longer is asked again by the next call.
const PATIENCE: Duration = Duration::from_secs(30);
/// For the connection alone.
const CONNECT: Duration = Duration::from_secs(10);

/// An authority at an address of the web.
pub struct HttpAuthority {
    agent: Agent,
    url: String,
}

/// The configured authority, over the network.
pub fn over_http(settings: &AuthoritySettings) -> Box<dyn Authority> {
    Box::new(HttpAuthority::new(&settings.url, settings.web_ca_pem.as_deref()))
}

impl HttpAuthority {
    /// The authority at `url`. Over HTTPS one of the certificates in `web_ca` (PEM) must have certified its server, or, where
    /// none are given, one of the authorities of Mozilla's list. Nothing is sent yet.
    pub fn new(url: &str, web_ca: Option<&str>) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would show the request, and us, to a host that nobody configured.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // No user agent: which program asks is nobody's business, least of all on plain HTTP.
            .user_agent("")
            .accept("application/timestamp-reply")
            .max_idle_connections(0)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(PATIENCE));
        if let Some(pem) = web_ca {
            let certificates = parse_pem(pem.as_bytes()).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            });
            let roots = RootCerts::Specific(Arc::new(certificates.collect()));
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        if is_this_machine(url) {
            // A proxy elsewhere, which the environment may name, cannot reach this machine's own ports.
            config = config.proxy(None);
        }
        Self { agent: config.build().new_agent(), url: url.to_owned() }
    }
}

impl Authority for HttpAuthority {
    fn ask(&self, request_der: &[u8]) -> Result<Vec<u8>, AskError> {
        let mut untrusted = self
            .agent
            .post(&self.url)
            .content_type("application/timestamp-query")
            .send(request_der)
            .map_err(|e| unreached(&e))?;
        if untrusted.status() != 200 {
            return Err(AskError::Status(untrusted.status().as_u16()));
        }
        // The type that the answer claims is not asked for: some authorities send another, and its bytes decide.
        let limited = untrusted.body_mut().with_config().limit(MAX_BYTES as u64);
        limited.read_to_vec().map_err(|e| match e {
            ureq::Error::BodyExceedsLimit(_) => AskError::TooLarge,
            other => unreached(&other),
        })
    }
}

fn unreached(error: &ureq::Error) -> AskError {
    AskError::Unreached(match error {
        ureq::Error::HostNotFound => Unreached::UnknownHost,
        ureq::Error::Timeout(_) => Unreached::TimedOut,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Unreached::Certificate,
        ureq::Error::ConnectionFailed => Unreached::Refused,
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Unreached::Refused
            }
            ErrorKind::TimedOut => Unreached::TimedOut,
            // What rustls says of a certificate comes wrapped in this kind.
            ErrorKind::InvalidData => Unreached::Certificate,
            _ => Unreached::BrokenOff,
        },
        _ => Unreached::BrokenOff,
    })
}

fn is_this_machine(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn only_this_machine_is_reached_without_the_proxy() {
        for here in ["http://127.0.0.1:80/tsa", "http://[::1]:3180", "https://localhost"] {
            assert!(is_this_machine(here), "{here}");
        }
        for elsewhere in ["http://127.0.0.1.example/", "https://tsa.example", "http://10.0.0.1", ""] {
            assert!(!is_this_machine(elsewhere), "{elsewhere}");
        }
    }
}
