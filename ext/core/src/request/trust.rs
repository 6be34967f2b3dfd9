//! Which certificate authorities vouch for a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fmt, fs, io};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::CertificateDer;
use rustls::RootCertStore;
use thiserror::Error;

/// The certificate authorities that an endpoint's certificate may come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those that the machine knows; `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them, as elsewhere.
    #[default]
    System,
    /// Those of a file, and no others. The file is read once.
    File(Arc<Bundle>),
}

/// Certificates from a file. Equal where they are the same ones from the same place.
#[derive(PartialEq, Eq)]
pub struct Bundle {
    path: PathBuf,
    certificates: Vec<CertificateDer<'static>>,
}

/// Why a file of certificates was refused. Its content is not repeated: it may be a key.
#[derive(Debug, Error)]
pub enum TrustError {
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, io::Error),
    #[error("{0} is damaged: a part of it is no PEM")]
    Damaged(PathBuf),
    #[error("{0} holds no certificate: it must hold those of the authorities as PEM, -----BEGIN CERTIFICATE-----")]
    Empty(PathBuf),
}

impl Trust {
    /// Reads the certificates of a file.
    ///
    /// # Errors
    /// [`TrustError`] where there is none that can be used.
    pub fn file(path: &Path) -> Result<Self, TrustError> {
        let pem = fs::read(path).map_err(|error| TrustError::Unreadable(path.to_owned(), error))?;
        let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|_| TrustError::Damaged(path.to_owned()))?;
        let bundle = Bundle { path: path.to_owned(), certificates };
        if bundle.roots().is_empty() {
            return Err(TrustError::Empty(bundle.path));
        }
        Ok(Self::File(Arc::new(bundle)))
    }

    /// How many authorities there are.
    pub fn authorities(&self) -> usize {
        self.roots().0.len()
    }

    /// The authorities, and what to do about an unknown one.
    pub(crate) fn roots(&self) -> (RootCertStore, String) {
        match self {
            Self::System => system(),
            Self::File(bundle) => {
                let path = bundle.path.display();
                let advice = format!("config.ca_file ({path}), which is trusted instead of the system's, lacks it");
                (bundle.roots(), advice)
            }
        }
    }
}

impl Bundle {
    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.certificates.iter().cloned());
        roots
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("path", &self.path).finish_non_exhaustive()
    }
}

fn system() -> (RootCertStore, String) {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let named =
        ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find_map(|name| Some((name, PathBuf::from(env::var_os(name)?))));
    let advice = match (named, roots.is_empty()) {
        (Some((name, path)), true) => format!("{name} is {}, where no certificate can be read", path.display()),
        (Some((name, path)), false) => {
            format!("{name} is {}, which is trusted instead of the system's, and lacks it", path.display())
        }
        (None, true) => "this machine has no certificates of authorities at all: install its package ca-certificates, \
                         or set config.ca_file or SSL_CERT_FILE"
            .to_owned(),
        (None, false) => "if it is your own, name its certificate in config.ca_file or SSL_CERT_FILE".to_owned(),
    };
    (roots, advice)
}
