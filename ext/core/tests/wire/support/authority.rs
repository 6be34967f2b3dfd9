//! A certificate authority of the tests' own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use llm_router_core::{Client, Proxy, Trust};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        Self::called("The tests' authority")
    }

    pub(crate) fn called(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::file(Temporary::file(self.pem()).path()).unwrap()
    }

    /// A client that trusts this authority alone.
    pub(crate) fn client(&self, proxy: Option<Proxy>) -> Client {
        Client::new(&self.trust(), proxy).unwrap()
    }

    /// What a server needs to show a certificate for `localhost`, but for what `change` makes of it.
    pub(crate) fn acceptor(&self, alpn: &[&str], change: impl FnOnce(&mut CertificateParams)) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = Default::default();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        acceptor(
            alpn,
            WebPkiClientVerifier::no_client_auth(),
            params.signed_by(&key, &self.0).unwrap().der().clone(),
            &key,
        )
    }

    /// The same for a certificate that it has signed itself.
    pub(crate) fn own_acceptor(&self) -> TlsAcceptor {
        acceptor(&[], WebPkiClientVerifier::no_client_auth(), self.0.der().clone(), self.0.key())
    }

    /// The same for a server that wants to see a certificate of its caller, too.
    pub(crate) fn demanding_acceptor(&self, alpn: &[&str]) -> TlsAcceptor {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let demanding = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build().unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        acceptor(alpn, demanding, params.signed_by(&key, &self.0).unwrap().der().clone(), &key)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn acceptor(
    alpn: &[&str],
    callers: Arc<dyn ClientCertVerifier>,
    certificate: CertificateDer<'static>,
    key: &KeyPair,
) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(callers)
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// A file that is gone with its owner.
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    pub(crate) fn file(content: impl AsRef<[u8]>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("llm_router-{}-{}.pem", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}
