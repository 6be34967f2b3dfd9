use thiserror::Error;

/// Why an endpoint was refused. No variant holds the key.
#[derive(Debug, Error)]
pub enum EndpointError {
    #[error("base_url is not a URL: write it out, as in \"https://openrouter.ai/api/v1\"")]
    NotAUrl,
    #[error("base_url has a host with letters outside ASCII: write its name in Punycode, as in \"https://xn--mnchen-3ya.example/v1\"")]
    NotAscii,
    #[error("base_url at {0} is not https://: the API key would travel in the clear. Plain http:// is for loopback only (localhost, 127.0.0.1, [::1])")]
    Insecure(String),
    #[error("base_url holds a user name or a password: pass the key as api_key: instead")]
    Userinfo,
    #[error("base_url is the address of the call itself: give the part before /chat/completions, which is \"{0}\"")]
    WholeAddress(String),
    #[error("base_url at {0} has a query or a fragment: give the part before it, up to and without /chat/completions. Only a version is allowed there, such as Azure's ?api-version=2024-10-21; a key is passed as api_key:")]
    NotABase(String),
    #[error("api_key holds a character that no HTTP header can carry, such as a line break: was it read from a file with its newline?")]
    Key,
    #[error("{0} holds a character that no HTTP header can carry")]
    Header(&'static str),
    #[error("auth holds a character that no header's name can hold")]
    Auth,
}
