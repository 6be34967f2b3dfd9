# frozen_string_literal: true

require "securerandom"
require "timeout"
require "llm_router"

module Soak
  # One call, and how it ended.
  class TrackedCall
    MESSAGES = [{ role: "user", content: "Is it still up?" }].freeze
    # What a call is interrupted with. Nothing that means a failure rescues it.
    Stop = Class.new(Exception) # rubocop:disable Lint/InheritException
    # How a call may end without an answer.
    FAILURES = [LlmRouter::ChainExhausted, LlmRouter::RequestRejected, LlmRouter::ChargeFailed].freeze
    # How often a charge is tried again, and the seconds between.
    TRIES = 300
    PAUSE = 0.1
    private_constant :MESSAGES, :FAILURES, :TRIES, :PAUSE

    @made = 0
    class << self
      # @return [Integer] how many this process has made
      attr_accessor :made
    end

    # @return [String] which no other call has
    attr_reader :tag

    # @param router [LlmRouter]
    # @param journal [Journal]
    # @param rows [Array<Integer>] that pay for it
    def initialize(router, journal, rows: [])
      @router = router
      @journal = journal
      @tag = SecureRandom.hex(8)
      @rows = rows
      @began = now
      TrackedCall.made += 1
      @journal.note("call", @tag, *rows)
    end

    # @return [Boolean] whether it ended as a call may end
    def run
      Thread.current[:soak_tag] = @tag
      LlmRouter::CurrentJob.with(@tag) { answered(call) }
    rescue *FAILURES => e
      ended("failure", e.class)
    rescue LlmRouter::BudgetExceeded
      ended("refused")
    rescue Timeout::Error
      raise
    rescue StandardError, ScriptError => e
      return ended("away", e.class, e.message[0, 80].gsub(/\s+/, "_"), now) if of_database?(e)

      ended("odd", e.class, e.backtrace&.first&.delete(" "))
      false
    end

    # To be called after an interrupt has ended the call.
    # @return [void]
    def interrupted
      ended("interrupted") unless @ended
    end

    # @return [Boolean]
    def ended?
      @ended ? true : false
    end

    private

    # As Rails does around each job: the call before may have been interrupted while it took one.
    def take_back_connection
      ActiveRecord::Base.connection_pool.release_connection
    end

    def call
      @began = now
      take_back_connection if @rows.any?
      @router.call(messages: MESSAGES, user: @tag)
    rescue LlmRouter::ChargeFailed => e
      charge_again(e)
      e.response || raise
    end

    def answered(answer)
      ended("answer", answer.generation_id, answer.cost_usd&.to_s("F"), answer.content == "Yes." ? nil : "garbled")
    end

    # As an app does it: the database may be back in a moment. What it knows already is charged once.
    def charge_again(error)
      @journal.note("charge_failed", @tag, error.cause&.cause&.class, now)
      left = error.cause.is_a?(LlmRouter::Budgets::PartlyCharged) ? error.cause.left : raise(error)
      tries = 0
      begin
        left.charge!(error.cost_usd, attempt: error.attempt)
      rescue StandardError => e
        raise unless of_database?(e) && (tries += 1) < TRIES

        sleep(PAUSE)
        retry
      end
    end

    def of_database?(error)
      defined?(ActiveRecord::Base) && [ActiveRecord::ActiveRecordError, PG::Error].any? { |kind| error.is_a?(kind) }
    end

    # BilledGeneration once, whatever comes in between.
    def ended(event, *details)
      seconds = (now - @began).round(4)
      LlmRouter::Uninterrupted.run do
        @journal.note(event, @tag, seconds, *details)
        @journal.note("over", @tag, now.round(3), Process.pid)
        @ended = true
      end
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
