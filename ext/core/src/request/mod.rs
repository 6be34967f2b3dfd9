//! What is sent, and where to.

mod api;
mod body;
mod bounds;
pub(crate) mod candidate;
pub(crate) mod endpoint;
mod headers;
mod length;
mod max_price;
mod params;
mod textual;
mod trust;

pub use api::Api;
pub use body::Request;
pub use bounds::Bounds;
pub use candidate::Candidate;
pub use endpoint::{App, Auth, Endpoint, EndpointError};
pub use headers::{HeaderError, Headers};
pub use max_price::MaxPrice;
pub use params::Params;
pub use trust::{Trust, TrustError};
