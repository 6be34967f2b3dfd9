//! The address that an endpoint is given, and the addresses below it.

use reqwest::Url;

use super::EndpointError;

pub(super) fn checked_base(base_url: &str) -> Result<Url, EndpointError> {
    let url = Url::parse(base_url.trim_end_matches('/')).map_err(|_| {
        if base_url.is_ascii() {
            EndpointError::NotAUrl
        } else {
            EndpointError::NotAscii
        }
    })?;
    // Only the host is repeated: keys end up in URLs.
    let host = || url.host_str().unwrap_or_default().to_owned();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::Userinfo);
    }
    let version = url.query().filter(|_| url.query_pairs().all(|(name, _)| is_version(&name)));
    if let Some(base) = without_call(&url) {
        let query = version.filter(|query| !query.is_empty()).map_or_else(String::new, |query| format!("?{query}"));
        return Err(EndpointError::WholeAddress(base + &query));
    }
    if url.query() != version || url.fragment().is_some() {
        return Err(EndpointError::NotABase(host()));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(EndpointError::Insecure(host())),
        _ => return Err(EndpointError::NotAUrl),
    }
    Ok(url)
}

/// Of all parameters of a query, the one that is no secret: Azure's `api-version`.
fn is_version(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("version")
}

/// The base of the address of a whole call; `None` for other addresses.
fn without_call(url: &Url) -> Option<String> {
    let is = |segment: Option<&str>, word: &str| segment.is_some_and(|segment| segment.eq_ignore_ascii_case(word));
    let mut segments: Vec<_> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    if !(is(segments.pop(), "completions") && is(segments.pop(), "chat")) {
        return None;
    }
    let path: String = segments.iter().map(|segment| format!("/{segment}")).collect();
    Some(format!("{}{path}", url.origin().ascii_serialization()))
}

/// With the query of the base, such as Azure's `?api-version=2024-10-21`.
pub(super) fn below(base: &Url, path: &str) -> Url {
    let mut full = base.clone();
    full.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    full
}

fn is_loopback(url: &Url) -> bool {
    // `Url` spells an IPv6 host with its brackets.
    url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}
