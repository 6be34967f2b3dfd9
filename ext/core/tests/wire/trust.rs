//! Files of certificates, as `config.ca_file` names them.

use std::path::Path;

use llm_router_core::{Trust, TrustError};

use crate::support::{Authority, Temporary};

fn refused(content: &str) -> TrustError {
    Trust::file(Temporary::file(content).path()).unwrap_err()
}

#[test]
fn a_file_that_is_not_there_or_is_no_file_is_refused() {
    for path in ["/nowhere/authorities.pem", "/"] {
        let error = Trust::file(Path::new(path)).unwrap_err();
        assert!(error.to_string().starts_with(&format!("{path} cannot be read: ")), "{error}");
    }
}

#[test]
fn a_file_without_a_usable_certificate_is_refused_and_not_quoted() {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let junk = "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n";
    for content in ["", "secret", &key, junk] {
        let error = refused(content);
        assert!(matches!(error, TrustError::Empty(_)), "{error}");
        assert!(error.to_string().contains("holds no certificate"), "{error}");
        assert!(!format!("{error} {error:?}").contains("c2VjcmV0"));
    }
    let whole = Authority::new().pem();
    let error = refused(&whole[..whole.len() / 2]);
    assert!(matches!(error, TrustError::Damaged(_)), "{error}");
}

#[test]
fn trust_in_the_same_certificates_is_the_same() {
    let authority = Authority::new();
    let file = Temporary::file(authority.pem());
    let trust = Trust::file(file.path()).unwrap();
    assert_eq!(trust, Trust::file(file.path()).unwrap());
    std::fs::write(file.path(), Authority::new().pem()).unwrap();
    assert_ne!(trust, Trust::file(file.path()).unwrap());
    assert_ne!(trust, Trust::System);
}
