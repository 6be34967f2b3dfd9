//! What a request is for.

/// One of the APIs of an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Api {
    #[default]
    Chat,
    Embeddings {
        /// How many texts there are, each of which has a vector in the answer.
        inputs: usize,
    },
}

impl Api {
    /// Below the endpoint's base URL.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Embeddings { .. } => "embeddings",
        }
    }

    /// The field of the body for what is sent, beside the options.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Chat => "messages",
            Self::Embeddings { .. } => "input",
        }
    }
}
