# frozen_string_literal: true

require_relative "scenario"

# The request is at fault.
Failover::Scenario.define do
  [
    Failover::Scenario.new("context length exceeded", "400 context_length_exceeded once; no window is known",
                           wants: { by: :nobody, hops: [:rejected], requests: 1,
                                    error: LlmRouter::RequestRejected }) do |stage|
      stage.primary.fail(status: 400, code: "context_length_exceeded",
                         message: "This model's maximum context length is 8192 tokens", times: 1)
    end,
    Failover::Scenario.new("content filter", "400 content_filter once",
                           wants: { by: :nobody, hops: [:moderated], requests: 1,
                                    error: LlmRouter::RequestRejected }) do |stage|
      stage.primary.fail(status: 400, code: "content_filter", message: "The prompt was filtered", times: 1)
    end
  ]
end
