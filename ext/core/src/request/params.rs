//! The options of a request.

use serde_json::value::RawValue;

/// Options of a request, in order, each already JSON.
pub type Params = Vec<(String, Box<RawValue>)>;
