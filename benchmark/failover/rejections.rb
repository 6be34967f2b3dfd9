# frozen_string_literal: true

require_relative "scenario"

# The request is at fault.
Failover::Scenario.define do
  too_long = lambda do |stage|
    stage.primary.fail(status: 400, code: "context_length_exceeded", times: 1,
                       message: "This model's maximum context length is 8192 tokens")
  end
  [
    Failover::Scenario.new("context length exceeded", "400 context_length_exceeded once; no window is known",
                           wants: { by: :nobody, hops: [:too_long], requests: 1,
                                    error: LlmRouter::RequestRejected }, &too_long),
    Failover::Scenario.new("context length exceeded, `context:` of both", "the same; the backup's window is larger",
                           rung: { context: 8192 }, backup: { context: 200_000 },
                           wants: { by: :backup, hops: [:too_long], requests: 1 }, &too_long),
    Failover::Scenario.new("content filter", "400 content_filter once",
                           wants: { by: :nobody, hops: [:moderated], requests: 1,
                                    error: LlmRouter::RequestRejected }) do |stage|
      stage.primary.fail(status: 400, code: "content_filter", message: "The prompt was filtered", times: 1)
    end
  ]
end
