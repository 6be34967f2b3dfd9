use super::*;

fn url(base: &str) -> Result<String, EndpointError> {
    Endpoint::new("e", base, None, &App::default()).map(|e| e.url().to_string())
}

#[test]
fn the_call_hangs_below_the_base() {
    assert_eq!(url("https://openrouter.ai/api/v1").unwrap(), "https://openrouter.ai/api/v1/chat/completions");
    assert_eq!(url("https://openrouter.ai/api/v1//").unwrap(), "https://openrouter.ai/api/v1/chat/completions");
    assert_eq!(url("http://localhost:11434").unwrap(), "http://localhost:11434/chat/completions");
}

#[test]
fn a_models_name_is_escaped_in_its_address() {
    let endpoint = Endpoint::new("e", "https://a.example/api/v1/", None, &App::default()).unwrap();
    let path = |model: &str| endpoint.of_model(model).map(|url| url.to_string());
    let at = |path: &str| Some(format!("https://a.example/api/v1/models/{path}/endpoints"));
    assert_eq!(path("a/b-1.5:free"), at("a/b-1.5:free"));
    assert_eq!(path("a/b c/d?e#f%2F\u{e9}"), at("a/b%20c%2Fd%3Fe%23f%252F%C3%A9"));
    assert_eq!(path("llama3"), None);
}

#[test]
fn the_parts_of_a_path_are_escaped_and_the_version_stays() {
    let at = |base: &str, path: &[&str]| {
        let path: Vec<_> = path.iter().map(|&part| part.to_owned()).collect();
        Endpoint::new("e", base, None, &App::default()).unwrap().at(&path).to_string()
    };
    assert_eq!(at("https://a.example", &["key"]), "https://a.example/key");
    assert_eq!(at("https://a.example/api/v1/", &["models", "a/b?", ".."]), "https://a.example/api/v1/models/a%2Fb%3F");
    assert_eq!(at("https://a.example/v1?api-version=1", &["key"]), "https://a.example/v1/key?api-version=1");
}

#[test]
fn a_request_has_headers_over_those_of_the_endpoint_or_leaves_them_out() {
    let headers = |pairs: &[(&str, &str)]| Headers::new(pairs.iter().copied()).unwrap();
    let shared = headers(&[("X-Team", "search"), ("X-Unset", "1")]);
    let endpoint = Endpoint::new("e", "https://a.example", None, &App::default()).unwrap();
    let endpoint = endpoint.with_headers(&Auth::Bearer, &shared, &headers(&[("X-Own", "2")])).unwrap();
    let own = headers(&[("x-team", "call")]).without(["X-UNSET", "X-Other"]).unwrap();
    let sent = endpoint.headers_for(&own);
    assert_eq!((&sent["x-team"], &sent["x-own"], sent.len()), (&"call".parse().unwrap(), &"2".parse().unwrap(), 2));
    assert_eq!(endpoint.headers_for(&Headers::default()).len(), 3);
}

#[test]
fn plain_http_is_for_loopback_only() {
    for good in ["http://127.0.0.1:80", "http://127.8.9.1", "http://[::1]:8080/v1", "http://localhost"] {
        assert!(url(good).is_ok(), "{good}");
    }
    for bad in ["http://openrouter.ai/api/v1", "http://10.0.0.1", "http://localhost.evil.example"] {
        assert!(matches!(url(bad), Err(EndpointError::Insecure(_))), "{bad}");
    }
}

#[test]
fn what_is_no_base_url_is_refused() {
    assert!(matches!(url("openrouter.ai"), Err(EndpointError::NotAUrl)));
    assert!(matches!(url("ftp://openrouter.ai"), Err(EndpointError::NotAUrl)));
    assert!(matches!(url("https://münchen.example/v1"), Err(EndpointError::NotAscii)));
    assert!(url("https://xn--mnchen-3ya.example/v1").is_ok());
    assert!(url("https://gateway.example/modèles").is_ok());
    assert!(matches!(url("https://me:secret@openrouter.ai"), Err(EndpointError::Userinfo)));
    assert!(matches!(url("https://openrouter.ai/api?key=1"), Err(EndpointError::NotABase(_))));
}

#[test]
fn a_version_stays_in_the_query_of_each_address() {
    let base = "https://a.openai.azure.com/openai/deployments/gpt-4o";
    for end in ["?api-version=2024-10-21", "/?api-version=2024-10-21"] {
        let called = url(&format!("{base}{end}")).unwrap();
        assert_eq!(called, format!("{base}/chat/completions?api-version=2024-10-21"));
    }
    let endpoint = Endpoint::new("e", "https://a.example/v1?API-Version=1", None, &App::default()).unwrap();
    assert_eq!(endpoint.below("models").as_str(), "https://a.example/v1/models?API-Version=1");
    for bad in ["?api-version=1&code=sk-secret", "?sig=sk-secret", "?v=1", "#api-version=1"] {
        let error = url(&format!("{base}{bad}")).unwrap_err();
        assert!(matches!(error, EndpointError::NotABase(_)) && !error.to_string().contains("secret"), "{bad}");
    }
    let error = url(&format!("{base}/chat/completions?api-version=2024-10-21")).unwrap_err().to_string();
    assert!(error.ends_with(&format!("\"{base}?api-version=2024-10-21\"")), "{error}");
}

#[test]
fn the_key_goes_in_the_header_that_is_named_and_in_no_other() {
    let endpoint = |auth: &Auth, key| {
        let endpoint = Endpoint::new("e", "https://a.example", key, &App::default()).unwrap();
        let own = Headers::new([("x-team", "t-1"), ("X-Team", "team-7")]).unwrap();
        endpoint.with_headers(auth, &Headers::default(), &own).unwrap()
    };
    let azure = endpoint(&Auth::Header("api-key".into()), Some("sk-secret"));
    assert_eq!(azure.headers()["api-key"], "sk-secret");
    assert!(!azure.headers().contains_key(AUTHORIZATION));
    assert_eq!(azure.headers()["x-team"], "team-7");
    assert!(!azure.may_be_shown("a team-7") && !azure.may_be_shown("sk-secret") && azure.may_be_shown("x-team"));
    assert!(!format!("{:?}", azure.headers()).contains("team-7"));
    let keyless = endpoint(&Auth::Header("api-key".into()), None);
    assert_eq!(keyless.headers().len(), 1);
    assert_eq!(endpoint(&Auth::Bearer, Some("k")).headers()[AUTHORIZATION], "Bearer k");
}

#[test]
fn the_address_of_the_call_itself_is_refused_with_the_right_one() {
    let base = "https://api.groq.com/openai/v1";
    for end in ["", "/", "//", "?key=sk-secret", "/?key=sk-secret", "#top"] {
        for call in ["/chat/completions", "//chat//completions", "/Chat/Completions"] {
            let error = url(&format!("{base}{call}{end}")).unwrap_err().to_string();
            assert!(error.contains(&format!("\"{base}\"")) && !error.contains("secret"), "{error}");
        }
    }
    let error = url("http://localhost:11434/chat/completions").unwrap_err().to_string();
    assert!(error.contains("\"http://localhost:11434\""), "{error}");
    for good in ["https://a.example/chat", "https://a.example/v1/completions", "https://a.example/chat/completions/v1"]
    {
        assert!(url(good).is_ok(), "{good}");
    }
}

#[test]
fn the_key_is_in_no_debug_print_and_in_no_error() {
    let endpoint = Endpoint::new("e", "https://a.example", Some("sk-secret"), &App::default()).unwrap();
    assert!(!format!("{endpoint:?}").contains("sk-secret"));
    assert!(!format!("{:?}", endpoint.headers()).contains("sk-secret"));
    let error = Endpoint::new("e", "https://a.example", Some("sk-secret\n"), &App::default()).unwrap_err();
    assert!(matches!(error, EndpointError::Key));
    assert!(!format!("{error} {error:?}").contains("sk-secret"));
}

#[test]
fn openrouter_is_known_by_its_name_or_its_address() {
    let is_openrouter =
        |name, base| Endpoint::new(name, base, None, &App::default()).is_ok_and(|endpoint| endpoint.is_openrouter());
    let addresses = ["https://openrouter.ai/api/v1", "https://eu.OpenRouter.ai/api/v1"];
    assert!(addresses.iter().all(|base| is_openrouter("eu", base)));
    assert!(is_openrouter("openrouter", "https://gateway.example"));
    for base in ["https://openrouter.ai.example", "https://myopenrouter.ai", "https://a.example/openrouter.ai"] {
        assert!(!is_openrouter("eu", base), "{base}");
    }
}
