# frozen_string_literal: true

require "securerandom"
require "timeout"
require "llm_router"

module Soak
  # One call, and how it ended.
  class Asking
    MESSAGES = [{ role: "user", content: "Is it still up?" }].freeze
    # What a call is interrupted with. Nothing that means a failure rescues it.
    Stop = Class.new(Exception) # rubocop:disable Lint/InheritException
    # How a call may end without an answer.
    FAILURES = [LlmRouter::ChainExhausted, LlmRouter::RequestRejected].freeze
    private_constant :MESSAGES, :FAILURES

    # @return [String] which no other call has
    attr_reader :tag

    # @param router [LlmRouter]
    # @param journal [Journal]
    def initialize(router, journal)
      @router = router
      @journal = journal
      @tag = SecureRandom.hex(8)
      @began = now
      @journal.note("call", @tag)
    end

    # @return [Boolean] whether it ended as a call may end
    def run
      Thread.current[:soak_tag] = @tag
      answer = @router.call(messages: MESSAGES, user: @tag)
      ended("answer", answer.generation_id, answer.cost_usd&.to_s("F"), answer.content == "Yes." ? nil : "garbled")
    rescue *FAILURES => e
      ended("failure", e.class)
    rescue Timeout::Error
      raise
    rescue StandardError, ScriptError => e
      ended("odd", e.class, e.backtrace&.first&.delete(" "))
      false
    end

    # To be told by whoever has ended it from outside.
    # @return [void]
    def interrupted
      ended("interrupted") unless @ended
    end

    # @return [Boolean]
    def ended?
      @ended ? true : false
    end

    private

    # Told once, whatever comes in between.
    def ended(event, *details)
      seconds = (now - @began).round(4)
      LlmRouter::Uninterrupted.run do
        @journal.note(event, @tag, seconds, *details)
        @ended = true
      end
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
