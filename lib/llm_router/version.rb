# frozen_string_literal: true

class LlmRouter
  # Follows semantic versioning.
  VERSION = "0.1.0"
end
