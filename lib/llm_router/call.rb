# frozen_string_literal: true

class LlmRouter
  # One call: what the walk, in Rust, asks of Ruby on its way and tells it, always on the thread
  # that called. See ext/core/src/router.rs for the order.
  # @api private
  class Call
    def initialize(chain:, budget:, config:, deadline:)
      @chain = chain
      @budget = budget
      @config = config
      @deadline = deadline
      @hops = []
      @telemetry = Telemetry.new(config: config, chain: chain, hops: @hops)
    end

    # @yieldparam call [Call] to walk with
    # @return [Response]
    def run
      @telemetry.call { yield self }
    end

    # Before each attempt.
    def gate(model, vendor, endpoint)
      @booking = false
      budget_exceeded(model) if @budget.exhausted?
      DatabaseConnections.release if @config.release_connections
      @telemetry.attempting(model, vendor, endpoint)
    end

    # @return [Response]
    def answered(completion, endpoint)
      booking do
        response = Response.new(completion, endpoint: endpoint, hops: hops)
        charge(response.cost_usd, response: response)
        @telemetry.answered(response)
        response
      end
    end

    # A failed attempt is kept first and charged next, for it may have cost something all the same.
    def hopped(upcoming, attributes)
      booking do
        hop = Hop.new(**attributes)
        @hops << hop
        charge(hop.cost_usd)
      ensure
        @telemetry.hopped(hop, upcoming)
      end
    end

    # Whether the last thing told was taken up. Where not, an interrupt came first, and it is told
    # again.
    def booking?
      @booking
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

    # Nothing may come between an answer in hand and its charge.
    def booking
      Uninterrupted.run do
        @booking = true
        yield
      end
    end

    def hops
      @hops.dup.freeze
    end

    def budget_exceeded(model)
      @telemetry.budget_exceeded(model)
      ends_at = @budget.period_ends_at if @budget.respond_to?(:period_ends_at)
      so_far = @hops.empty? ? "so no model was asked" : "after #{summary}"
      message = "the budget is exhausted, #{so_far}#{". Its period ends at #{ends_at}" if ends_at}"
      raise BudgetExceeded.new(message, hops: hops, period_ends_at: ends_at)
    end

    def charge(cost_usd, response: nil)
      return if cost_usd.nil? || cost_usd.zero?

      @budget.charge!(cost_usd)
    rescue StandardError, ScriptError => e
      return if LaterCharge.taken?(e.is_a?(Budgets::PartlyCharged) ? e.left : @budget, cost_usd)

      message = "the budget could not be charged #{cost_usd.to_s('F')} USD, which are spent (#{e.class}): charge again"
      message += "; the answer is in ChargeFailed#response" if response
      raise ChargeFailed.new(message, hops: hops, response: response, cost_usd: cost_usd)
    end

    def summary
      @hops.map { |hop| "#{hop.model}: #{hop.why}" }.join("; ")
    end
  end
end
