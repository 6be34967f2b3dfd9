//! TLS errors in words: what is wrong with a certificate, and what to do.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use crate::redact;

/// `who` is the server; `advice` says what to do about an unknown authority.
pub(crate) fn words(error: &Error, who: &str, advice: &str) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error, who, advice),
        Error::NoCertificatesPresented => format!("{who} shows no certificate"),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            format!("{who} does not speak TLS at this port: is it the port for https?")
        }
        Error::PeerIncompatible(_) | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            format!("{who} speaks no TLS that is safe, which is version 1.2 or 1.3 ({error})")
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            format!("{who} wants a certificate of its caller, which llm_router cannot show")
        }
        _ => format!("TLS with {who} failed: {error}"),
    }
}

fn certificate(error: &CertificateError, who: &str, advice: &str) -> String {
    use CertificateError as E;
    let what = match error {
        E::UnknownIssuer => format!("is signed by an authority that is not trusted here: {advice}"),
        E::NotValidForNameContext { presented, .. } => format!("is not for this host name but {}", names(presented)),
        E::NotValidForName => "is not for this host name".to_owned(),
        E::ExpiredContext { not_after, .. } => {
            format!("has expired{}: it must be renewed there, or this machine's clock is wrong", at(*not_after))
        }
        E::Expired => "has expired: it must be renewed there, or this machine's clock is wrong".to_owned(),
        E::NotValidYetContext { not_before, .. } => {
            format!("is not valid yet, but from{} on: is this machine's clock right?", at(*not_before))
        }
        E::NotValidYet => "is not valid yet: is this machine's clock right?".to_owned(),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "is for another purpose than to be a server (its extended key usage lacks serverAuth)".to_owned()
        }
        E::Revoked => "has been revoked".to_owned(),
        E::BadSignature => "is signed with another key than the authority that it names has here: the file of \
                            certificates here is out of date (config.ca_file, SSL_CERT_FILE), or somebody poses as \
                            the server"
            .to_owned(),
        E::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "is that of an authority (CA:TRUE), which cannot be a server's own: make one with CA:FALSE".to_owned()
        }
        _ => format!("cannot be used: {error}"),
    };
    format!("the certificate of {who} {what}")
}

/// An attacker may have chosen the names.
fn names(presented: &[String]) -> String {
    let all = presented.iter().take(3).map(|name| redact::printable(&plain(name))).collect::<Vec<_>>();
    match all.as_slice() {
        [] => "for none (it has no subjectAltName)".to_owned(),
        _ if presented.len() > all.len() => format!("for {} and others", all.join(", ")),
        _ => format!("for {}", all.join(", ")),
    }
}

/// `DnsName("a.example")` is how they are written.
fn plain(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"').to_owned()
}

/// Empty if the time cannot be written.
fn at(time: UnixTime) -> String {
    const LAST: u64 = 253_402_300_799;
    let time = Some(time.as_secs()).filter(|seconds| *seconds <= LAST);
    let time: Option<SystemTime> = time.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    time.map_or_else(String::new, |time| format!(" {}", httpdate::fmt_http_date(time)))
}
