//! The way through a proxy, which learns where it leads and nothing else.

use std::time::Duration;

use llm_router_core::{Failure, Progress, Proxy, Reason};
use rcgen::CertificateParams;
use reqwest::NoProxy;

use crate::support::{
    good_answer, json, nobody, Authority, Caller, Conduct, Gateway, ProxyServer, Step, TlsGateway, KEY,
};

const NAME_AND_PASSWORD: &str = "us%40er:p%3Ass%20%2F";
/// The same as `Proxy-Authorization` spells it: `us@er:p:ss /`.
const BASIC: &str = "dXNAZXI6cDpzcyAv";

struct Road {
    proxy: ProxyServer,
    gateway: TlsGateway,
    caller: Caller,
}

impl Road {
    async fn through(conduct: Conduct, userinfo: &str, but_for: Option<&str>) -> Self {
        let authority = Authority::new();
        let gateway = TlsGateway::start(authority.acceptor(&["h2", "http/1.1"], |_: &mut CertificateParams| {})).await;
        let proxy = ProxyServer::start(conduct).await;
        let address = format!("http://{userinfo}127.0.0.1:{}", proxy.port);
        let proxied = Proxy::at(&address, but_for.and_then(NoProxy::from_string)).unwrap();
        let caller = gateway.caller(authority.client(Some(proxied)));
        Self { proxy, gateway, caller }
    }

    async fn failure(conduct: Conduct) -> (Failure, u16) {
        let mut road = Self::through(conduct, &format!("{NAME_AND_PASSWORD}@"), None).await;
        road.caller.limit = Duration::from_secs(3);
        let failure = road.caller.attempt().await.unwrap_err();
        assert!(!failure.uncertain, "{failure:?}");
        let words = format!("{failure:?}");
        assert!(!words.contains(BASIC) && !words.contains("p%3Ass") && !words.contains("p:ss"), "{words}");
        (failure, road.proxy.port)
    }
}

#[tokio::test]
async fn the_proxy_sees_the_address_and_nothing_of_what_is_sent() {
    let road = Road::through(Conduct::Connect, "", None).await;
    for _ in 0..2 {
        assert_eq!(road.caller.attempt().await.unwrap().content(), Some("Hello"));
    }
    assert_eq!(road.gateway.protocols(), ["h2"; 2]);
    let to = format!("localhost:{}", road.gateway.port);
    let head = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nuser-agent: llm_router/0.1.0\r\n\r\n");
    assert_eq!(road.proxy.head(), head);
    let seen = road.proxy.seen();
    assert_eq!(seen.len(), 1, "both went through one tunnel");
    // What follows is TLS: the records of a handshake (22).
    assert_eq!(seen[0][head.len()..][..2], [22, 3]);
    for secret in [KEY, "Bearer", "Hi", "Hello", "anthropic"] {
        assert!(!seen[0].windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}

#[tokio::test]
async fn the_proxy_is_given_its_own_name_and_password() {
    let road = Road::through(Conduct::Connect, &format!("{NAME_AND_PASSWORD}@"), None).await;
    road.caller.attempt().await.unwrap();
    let to = format!("localhost:{}", road.gateway.port);
    let lines = ["user-agent: llm_router/0.1.0", &format!("proxy-authorization: Basic {BASIC}")].map(str::to_owned);
    let head = road.proxy.head();
    let mut headers = head.trim_end().lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
    headers.sort_by_key(|line| lines.iter().position(|known| known == line));
    assert_eq!(headers, lines);
    assert!(head.starts_with(&format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n")));
}

#[tokio::test]
async fn a_host_in_no_proxy_is_reached_without_the_proxy() {
    for but_for in ["localhost", "other.example, localhost", "*"] {
        let road = Road::through(Conduct::Connect, "", Some(but_for)).await;
        road.caller.attempt().await.unwrap();
        assert!(road.proxy.seen().is_empty(), "{but_for}");
    }
    let road = Road::through(Conduct::Connect, "", Some("other.example")).await;
    road.caller.attempt().await.unwrap();
    assert_eq!(road.proxy.seen().len(), 1);
}

#[tokio::test]
async fn what_goes_to_loopback_in_the_clear_is_kept_from_the_proxy() {
    let road = Road::through(Conduct::Connect, "", None).await;
    let plain = Gateway::start(vec![vec![Step::Send(json(good_answer()))]]);
    let caller = Caller { client: road.caller.client, ..Caller::of(plain.address) };
    caller.attempt().await.unwrap();
    assert!(road.proxy.seen().is_empty());
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    let unauthorized = Conduct::Say("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    let (failure, port) = Road::failure(unauthorized).await;
    assert_eq!(failure.reason, Reason::Connection);
    let words = format!("the proxy 127.0.0.1:{port} wants a name and a password (407): put them into HTTPS_PROXY");
    assert!(failure.message.starts_with(&words), "{}", failure.message);

    let (failure, port) = Road::failure(Conduct::Say("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")).await;
    let words = format!(
        "the proxy 127.0.0.1:{port} refused to connect to localhost: allow it there, or name the host in NO_PROXY"
    );
    assert_eq!((failure.reason, failure.message), (Reason::Connection, words));
}

/// As by a proxy that looks into what it carries, with a certificate of its own for every host.
#[tokio::test]
async fn a_certificate_that_comes_through_the_proxy_is_looked_at_as_any_other() {
    let mut road = Road::through(Conduct::Connect, "", None).await;
    let address = format!("http://127.0.0.1:{}", road.proxy.port);
    road.caller.client = Authority::called("Ours").client(Some(Proxy::at(&address, None).unwrap()));
    let failure = road.caller.attempt().await.unwrap_err();
    assert!(failure.message.starts_with("the certificate of localhost is signed by an authority"), "{failure:?}");
    assert!(road.gateway.protocols().is_empty());
}

#[tokio::test]
async fn a_proxy_that_shows_a_bad_certificate_itself_is_named() {
    let road = Road::through(Conduct::Connect, "", None).await;
    let proxy = Proxy::at(&format!("https://me:s3cret@localhost:{}", road.gateway.port), None).unwrap();
    let caller = Caller::at("https://api.example", Authority::called("Ours").client(Some(proxy)));
    let message = caller.attempt().await.unwrap_err().message;
    let words = format!("the certificate of the proxy localhost:{} is signed by an authority", road.gateway.port);
    assert!(message.starts_with(&words) && message.ends_with(" (it is HTTPS_PROXY)"), "{message}");
}

#[tokio::test]
async fn a_proxy_that_is_none_or_is_down_is_named() {
    for nonsense in ["SSH-2.0-OpenSSH_9.9\r\n\r\n", ""] {
        let (failure, port) = Road::failure(Conduct::Say(nonsense)).await;
        assert_eq!(failure.reason, Reason::Connection);
        let proxy = format!("the proxy 127.0.0.1:{port} ");
        assert!(failure.message.starts_with(&proxy), "{}", failure.message);
    }
    let (_socket, address) = nobody();
    let port = address.port();
    let proxy = Proxy::at(&format!("me:s3cret@127.0.0.1:{port}"), None).unwrap();
    let caller = Caller::at("https://api.example", Authority::new().client(Some(proxy)));
    let failure = caller.attempt_with(&Progress::default()).await.unwrap_err();
    assert_eq!(failure.reason, Reason::Connection);
    let words = format!("could not connect to the proxy 127.0.0.1:{port}: ");
    assert!(failure.message.starts_with(&words), "{}", failure.message);
    assert!(failure.message.ends_with(" (it is HTTPS_PROXY)"), "{}", failure.message);
    assert!(!format!("{failure:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_proxy_that_stalls_is_named_when_the_time_is_up() {
    let (failure, port) = Road::failure(Conduct::Stall).await;
    let words = format!("no connection to localhost within 3.000 s (HTTPS_PROXY is 127.0.0.1:{port})");
    assert_eq!((failure.reason, failure.message), (Reason::Timeout, words));
}

#[test]
fn a_proxys_password_is_in_no_error() {
    for address in ["http://me:s3cret@", "ftp://me:s3cret@proxy.example", "socks5://me:s3cret@proxy.example:1080"] {
        let Err(error) = Proxy::at(address, None) else { panic!("{address} is no proxy's") };
        assert!(error.to_string().starts_with("HTTPS_PROXY is "), "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
}
