//! TLS: whom it lets through, and what it says of those whom it does not.

use llm_router_core::{Client, Clients, Failure, Reason, Scope, Trust};
use rcgen::{date_time_ymd, CertificateParams, ExtendedKeyUsagePurpose};
use tokio::io::AsyncWriteExt;
use tokio::join;
use tokio::net::TcpListener;

use crate::support::{Authority, Caller, TlsGateway};

const BOTH: [&str; 2] = ["h2", "http/1.1"];

fn as_it_is(_: &mut CertificateParams) {}

/// Nothing was sent that could be billed, and the next candidate is attempted.
fn assert_refused(failure: &Failure, words: &str) {
    assert_eq!((failure.reason, failure.scope, failure.status), (Reason::Connection, Scope::Model, None));
    assert!(!failure.uncertain, "{failure:?}");
    assert!(failure.message.contains(words), "{:?} lacks {words:?}", failure.message);
}

async fn refusal(authority: &Authority, change: impl FnOnce(&mut CertificateParams)) -> Failure {
    let gateway = TlsGateway::start(authority.acceptor(&BOTH, change)).await;
    let failure = gateway.caller(authority.client(None)).attempt().await.unwrap_err();
    assert!(gateway.protocols().is_empty(), "nothing was sent");
    failure
}

#[tokio::test]
async fn the_protocol_is_the_one_that_both_know() {
    let authority = Authority::new();
    for (offered, spoken) in [(&BOTH[..], "h2"), (&BOTH[1..], "http/1.1"), (&[], "http/1.1")] {
        let gateway = TlsGateway::start(authority.acceptor(offered, as_it_is)).await;
        let caller = gateway.caller(authority.client(None));
        for _ in 0..2 {
            assert_eq!(caller.attempt().await.unwrap().content(), Some("Hello"));
        }
        assert_eq!(gateway.protocols(), [spoken; 2]);
    }
}

#[tokio::test]
async fn an_answer_over_http_2_may_have_many_headers() {
    let authority = Authority::new();
    let gateway = TlsGateway::start(authority.acceptor(&BOTH, as_it_is)).await;
    gateway.pad(500);
    assert_eq!(gateway.caller(authority.client(None)).attempt().await.unwrap().content(), Some("Hello"));
    assert_eq!(gateway.protocols(), ["h2"]);
}

#[tokio::test]
async fn an_authority_that_is_not_known_is_refused() {
    let (theirs, ours) = (Authority::called("Theirs"), Authority::called("Ours"));
    let gateway = TlsGateway::start(theirs.acceptor(&BOTH, as_it_is)).await;
    let failure = gateway.caller(ours.client(None)).attempt().await.unwrap_err();
    assert_refused(&failure, "the certificate of localhost is signed by an authority that is not trusted here: ");
    assert_refused(&failure, "config.ca_file (");
    let failure = gateway.caller(Client::new(&Trust::System, None).unwrap()).attempt().await.unwrap_err();
    assert_refused(&failure, "is signed by an authority that is not trusted here: ");
    assert!(gateway.protocols().is_empty());
}

/// As of one that was made anew, while its old certificate is still what is trusted.
#[tokio::test]
async fn an_authority_of_the_same_name_is_refused() {
    let gateway = TlsGateway::start(Authority::new().acceptor(&BOTH, as_it_is)).await;
    let failure = gateway.caller(Authority::new().client(None)).attempt().await.unwrap_err();
    assert_refused(
        &failure,
        "the certificate of localhost is signed with another key than the authority that it names",
    );
    assert!(gateway.protocols().is_empty());
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let authority = Authority::new();
    let elsewhere = |names: &[&str]| CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    let failure = refusal(&authority, |params| *params = elsewhere(&["api.example"]).unwrap()).await;
    assert_refused(&failure, "the certificate of localhost is not for this host name but for api.example");
    let many = ["a.example", "*.b.example", "127.0.0.1", "d.example"];
    let failure = refusal(&authority, |params| *params = elsewhere(&many).unwrap()).await;
    assert_refused(&failure, "but for a.example, *.b.example, 127.0.0.1 and others");
    let failure = refusal(&authority, |params| *params = elsewhere(&[]).unwrap()).await;
    assert_refused(&failure, "but for none (it has no subjectAltName)");
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_refused() {
    let authority = Authority::new();
    let failure = refusal(&authority, |params| params.not_after = date_time_ymd(2020, 2, 29)).await;
    assert_refused(
        &failure,
        "the certificate of localhost has expired Sat, 29 Feb 2020 00:00:00 GMT: it must be renewed",
    );
    let failure = refusal(&authority, |params| params.not_before = date_time_ymd(3000, 1, 1)).await;
    assert_refused(
        &failure,
        "is not valid yet, but from Wed, 01 Jan 3000 00:00:00 GMT on: is this machine's clock right?",
    );
}

#[tokio::test]
async fn a_certificate_for_another_purpose_is_refused() {
    let authority = Authority::new();
    let client_only = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    };
    assert_refused(&refusal(&authority, client_only).await, "is for another purpose than to be a server");
    let gateway = TlsGateway::start(authority.own_acceptor()).await;
    let failure = gateway.caller(authority.client(None)).attempt().await.unwrap_err();
    assert_refused(&failure, "is that of an authority (CA:TRUE), which cannot be a server's own");
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_differs_from_one_that_is_not_trusted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let client = Client::new(&Trust::System, None).unwrap();
    let failure = Caller::at(&format!("https://localhost:{port}"), client).attempt().await.unwrap_err();
    assert_refused(&failure, "localhost does not speak TLS at this port");
}

#[tokio::test]
async fn a_process_has_a_client_for_each_trust() {
    let (one, other) = (Authority::new(), Authority::new());
    let gateway = TlsGateway::start(one.acceptor(&BOTH, as_it_is)).await;
    let clients = Clients::default();
    for (trust, good) in [(one.trust(), true), (other.trust(), false), (Trust::System, false), (one.trust(), true)] {
        let caller = gateway.caller(clients.trusting(&trust).unwrap());
        assert_eq!(caller.attempt().await.is_ok(), good, "{trust:?}");
    }
}

/// Under TLS 1.3 that becomes known only behind the handshake.
#[tokio::test]
async fn a_server_that_requires_a_client_certificate_differs_from_one_whose_answer_is_bad() {
    let authority = Authority::new();
    let wanted = "localhost wants a certificate of its caller, which llm_router cannot show";
    for (offered, words) in [(&BOTH[..], "received fatal alert: CertificateRequired"), (&[], wanted)] {
        let gateway = TlsGateway::start(authority.demanding_acceptor(offered)).await;
        let failure = gateway.caller(authority.client(None)).attempt().await.unwrap_err();
        assert_eq!((failure.reason, failure.scope), (Reason::Connection, Scope::Model), "{failure:?}");
        assert!(failure.message.contains(words), "{}", failure.message);
    }
}

/// All requests of a client go over one connection, as long as it seems to be alive.
#[tokio::test]
async fn a_connection_that_is_dead_is_left_behind() {
    let authority = Authority::new();
    let gateway = TlsGateway::start(authority.acceptor(&BOTH, as_it_is)).await;
    let caller = gateway.caller(authority.client(None));
    caller.attempt().await.unwrap();
    gateway.freeze();
    let (failure, ()) = join!(caller.attempt(), async {
        gateway.frozen.notified().await;
        // It skips ahead from here on, since no task has anything to do.
        tokio::time::pause();
    });
    tokio::time::resume();
    let failure = failure.unwrap_err();
    assert_eq!((failure.reason, failure.uncertain), (Reason::Connection, true), "{failure:?}");
    assert_eq!(failure.message, "the connection to localhost broke: operation timed out");
    assert_eq!(caller.attempt().await.unwrap().content(), Some("Hello"));
    assert_eq!(gateway.protocols(), ["h2"; 3]);
}
