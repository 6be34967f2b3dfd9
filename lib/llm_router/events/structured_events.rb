# frozen_string_literal: true

require "date"

class LlmRouter
  # Passes the events of {Notifications} on to +Rails.event+, which Rails has from 8.1 on, as +llm_router.call+ and so
  # on. Its subscribers log what they get, so payloads are plain: hashes, strings, numbers and times.
  # @api private
  class StructuredEvents
    # Attempts are left out: a call's hops and its own payload say it all.
    NAMES = %w[call fallback budget_exceeded budget_threshold overrun uncertain cooldown switch_ignored
               model_down model_up job_discarded job_gave_up].freeze
    # By default Rails masks each value whose name has "token" in it, also a count.
    RENAMED = { "gen_ai.usage.input_tokens": :"gen_ai.usage.input",
                "gen_ai.usage.output_tokens": :"gen_ai.usage.output" }.freeze
    PLAIN = [nil, true, false, Numeric, String, Symbol, Hash, Time, Date].freeze
    private_constant :NAMES, :RENAMED, :PLAIN

    # @param reporter [ActiveSupport::EventReporter]
    # @return [Array] the subscriptions
    def self.attach(reporter)
      events = new(reporter)
      NAMES.map do |name|
        ActiveSupport::Notifications.monotonic_subscribe("#{name}.llm_router") do |*, payload|
          events.report(name, payload)
        end
      end
    end

    def initialize(reporter)
      @reporter = reporter
    end

    # @return [void]
    def report(name, payload)
      @reporter.notify("llm_router.#{name}", plain(payload)) unless @reporter.subscribers.none?
    end

    private

    def plain(payload)
      payload.to_h { |key, value| [RENAMED.fetch(key, key), value_of(value)] }
    end

    def value_of(value)
      return hop(value) if value.respond_to?(:attempted?)

      case value
      when Array then value.map { |element| value_of(element) }
      when BigDecimal then value.to_s("F")
      when *PLAIN then value
      else value.class.name # a budget, with all that its row holds
      end
    end

    # The endpoint's words are for the log only where config.log_messages allows it.
    def hop(hop)
      known = hop.to_h.compact.transform_values { |value| value_of(value) }
      Configuration.current.log_messages || !hop.attempted? ? known : known.except(:message)
    end
  end
end
