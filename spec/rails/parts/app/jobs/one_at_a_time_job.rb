# frozen_string_literal: true

# Solid Queue runs one of these at a time.
class OneAtATimeJob < DraftReplyJob
  limits_concurrency to: 1, key: ->(_message_id) { "llm" } if respond_to?(:limits_concurrency)
end
