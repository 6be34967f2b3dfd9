# frozen_string_literal: true

class LlmRouter
  # Logs a line for an event: a warning for a fallback, an error for a call without an answer, a debug line for a plain
  # answer. No line holds a prompt, an answer or a key.
  # @api private
  class Log
    # @param config [Configuration]
    # @return [Log]
    def self.of(config)
      new(config.logger, messages: config.log_messages)
    end

    # @param messages [Boolean] whether the endpoints' error messages are logged
    def initialize(logger, messages: true)
      @logger = logger
      @messages = messages
    end

    def fallback(payload)
      write(:warn) { "#{failure(payload[:hop])}; next: #{payload[:to]}" }
    end

    # The last hop of a call without an answer.
    def last_hop(hop)
      write(:error) { "#{failure(hop)}; no further candidate is tried" }
    end

    def budget_exceeded(payload)
      write(:warn) { "#{payload[:"gen_ai.request.model"]} was not called: #{payload[:message]}" }
    end

    def budget_threshold(payload)
      write(:warn) { payload[:message] }
    end

    def overrun(payload)
      write(:warn) do
        "#{payload[:"gen_ai.request.model"]} cost #{amount(payload)}, #{payload[:over_usd].to_s('F')} USD more than " \
          "was reserved; the full cost is charged"
      end
    end

    def uncertain(payload)
      id = payload[:"gen_ai.response.id"]
      write(:warn) do
        "#{payload[:"gen_ai.request.model"]} may have been billed: #{payload[:reserved_usd].to_s('F')} USD stay " \
          "reserved until the cost is known or the lease ends (#{"generation #{id}, " if id}then: #{payload[:policy]})"
      end
    end

    def cooldown(payload)
      who = payload[:whole_endpoint] ? "endpoint #{payload[:endpoint]}" : model(payload)
      write(:warn) do
        "#{who} cools down for #{seconds(payload)}: #{payload[:reason]}" \
          "#{", #{payload[:consecutive_failures]} failures in a row" if payload[:consecutive_failures] > 1}"
      end
    end

    def switch_ignored(payload)
      write(:warn) { "#{model(payload)} is switched off, and called all the same: so is every model of its chain" }
    end

    def model_down(payload)
      write(:error) do
        "#{model(payload)} is down: it has been failing since #{payload[:failing_since]} (#{payload[:reason]}, " \
          "#{payload[:consecutive_failures]} failures in a row)"
      end
    end

    def model_up(payload)
      write(:warn) { "#{model(payload)} is up again, after an outage of #{seconds(payload)}" }
    end

    def call(payload)
      case payload[:outcome]
      when :answered then answered(payload)
      when :rejected, :exhausted, :unacceptable, :deadline_exceeded then unanswered(payload)
      when :charge_failed then write(:error) { "the budget could not be charged #{amount(payload)}, which are spent" }
      end
    end

    def job_discarded(payload)
      write(:error) { "#{payload[:job]} #{payload[:job_id]} is discarded: #{payload[:message]}" }
    end

    def job_gave_up(payload)
      write(:error) { "#{payload[:job]} #{payload[:job_id]} gives up: #{payload[:message]}" }
    end

    # An error of the logger must not lose an answer.
    def write(level)
      @logger&.public_send(level) { "[llm] #{one_line(yield)}" }
    rescue StandardError
      nil
    end

    private

    def one_line(text)
      text = text.scrub unless text.valid_encoding?
      text.match?(Setting::CONTROL) ? text.gsub(Setting::CONTROL, " ") : text
    end

    def failure(hop)
      @messages || !hop.attempted? ? hop.to_s : hop.outline
    end

    def answered(payload)
      who = "#{payload[:"gen_ai.response.model"]} at #{payload[:endpoint]}"
      return write(:info) { "#{who} answered an earlier run of this job: no request, 0 USD" } if payload[:remembered]
      return write(:warn) { "#{who} answered without a usage.cost: #{charged(payload)}" } if unbilled?(payload)

      cut = payload[:"gen_ai.response.finish_reasons"].include?("length")
      write(payload[:fallback] || cut ? :info : :debug) do
        "#{who} answered after #{seconds(payload)}, #{amount(payload)}#{' (a fallback)' if payload[:fallback]}" \
          "#{' and was cut off at its limit of tokens (finish_reason: length)' if cut}"
      end
    end

    def unbilled?(payload)
      !%i[billed computed].include?(payload[:cost_basis])
    end

    def charged(payload)
      payload[:cost_usd] ? "#{amount(payload)}, which were reserved, are charged" : "nothing is charged"
    end

    def unanswered(payload)
      chain = payload[:chain] ? ":#{payload[:chain]}" : payload[:models].inspect
      write(:error) { "chain #{chain} failed: #{payload[:outcome]} after #{seconds(payload)}" }
    end

    def model(payload)
      "#{payload[:"gen_ai.request.model"]} at #{payload[:endpoint]}"
    end

    def seconds(payload)
      "#{format('%.2f', payload[:seconds] || payload[:duration])} s"
    end

    def amount(payload)
      "#{payload[:cost_usd].to_s('F')} USD"
    end
  end
end
