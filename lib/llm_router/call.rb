# frozen_string_literal: true

class LlmRouter
  # One call: what the walk, in Rust, asks of Ruby on its way and tells it, always on the thread
  # that called. See ext/core/src/router.rs for the order.
  # @api private
  class Call
    # Nothing may come between an answer in hand and its charge: an interrupt waits until the money
    # is booked.
    UNINTERRUPTED = { Object => :never }.freeze
    private_constant :UNINTERRUPTED

    def initialize(chain:, budget:, config:, deadline:)
      @chain = chain
      @budget = budget
      @config = config
      @deadline = deadline
      @hops = []
    end

    # Before each attempt.
    def gate
      return unless @budget.exhausted?

      so_far = @hops.empty? ? "so no model was asked" : "after #{summary}"
      raise BudgetExceeded.new("the budget is exhausted, #{so_far}", hops: hops)
    end

    # @return [Response]
    def answered(completion, endpoint)
      Thread.handle_interrupt(UNINTERRUPTED) do
        response = Response.new(completion, endpoint: endpoint, hops: hops)
        response.cost_usd ? charge(response.cost_usd, response: response) : no_cost(response)
        response
      end
    end

    # An attempt may fail and still cost.
    def charge_failed(cost_usd:, **)
      Thread.handle_interrupt(UNINTERRUPTED) { charge(BigDecimal(cost_usd)) }
    end

    def hopped(upcoming, **attributes)
      hop = Hop.new(**attributes)
      @hops << hop
      log_hop(hop, upcoming)
      @config.hop_observers.each { |observer| observe(observer, hop) }
    end

    def rejected(body)
      hop = @hops.last
      message = "#{hop.model} rejected the request: #{hop.why}: #{hop.message}. " \
                "Every model would, so no other was asked: mend the request"
      raise RequestRejected.new(message, hops: hops, status: hop.status, body: body, model: hop.model)
    end

    def exhausted
      raise ChainExhausted.new("no model of #{@chain} answered: #{summary}", hops: hops)
    end

    def deadline_exceeded
      tried = @hops.empty? ? "no model was asked in time" : summary
      message = "no model of #{@chain} answered within #{@deadline} s (the deadline): #{tried}"
      raise DeadlineExceeded.new(message, hops: hops)
    end

    private

    def hops
      @hops.dup.freeze
    end

    def charge(cost_usd, response: nil)
      return if cost_usd.zero?

      @budget.charge!(cost_usd)
    rescue StandardError, ScriptError => e
      message = "the budget could not be charged #{cost_usd.to_s('F')} USD (#{e.class}). " \
                "They are spent: charge them again, and take the answer from ChargeFailed#response"
      raise ChargeFailed.new(message, hops: hops, response: response, cost_usd: cost_usd)
    end

    def no_cost(response)
      log(:warn) { "#{response.model} at #{response.endpoint} answered without a usage.cost: nothing is charged" }
    end

    def log_hop(hop, upcoming)
      log(upcoming ? :warn : :error) { upcoming ? "#{hop}; next: #{upcoming}" : "#{hop}; nobody is asked after it" }
    end

    # A log that cannot be written is no reason to lose an answer.
    def log(level)
      @config.logger&.public_send(level) { "[llm] #{yield}" }
    rescue StandardError
      nil
    end

    def observe(observer, hop)
      observer.call(hop)
    rescue StandardError => e
      log(:error) { "an on_hop observer raised #{e.class} (#{e.backtrace&.first})" }
    end

    def summary
      @hops.map { |hop| "#{hop.model}: #{hop.why}" }.join("; ")
    end
  end
end
