# frozen_string_literal: true

class LlmRouter
  # One call: what the walk, in Rust, asks of Ruby on its way and tells it, always on the thread
  # that called. See ext/core/src/router.rs for the order.
  # @api private
  class Call
    include Endings

    NONE = [].freeze
    private_constant :NONE

    def initialize(chain:, budget:, config:, deadline:, overlapping: false, context: nil)
      config.shared_health&.refresh(chain, config.logger) if config.cooldown_after
      @chain = chain
      @budget = budget
      @config = config
      @deadline = deadline
      @context = context
      @hops = []
      @telemetry = Telemetry.new(config: config, chain: chain, hops: @hops, overlapping: overlapping)
      @spending = Spending.new(budget: budget, config: config, telemetry: @telemetry)
    end

    # @yieldparam call [Call] to walk with
    # @return [Response]
    def run
      @telemetry.call { yield self }
    end

    # Whether {#gate} has to know how large the request is.
    def reserving?
      @spending.reserving?
    end

    # Before each attempt.
    # @param bounds [Array, nil] those of {Bounds}, for a budget that reserves
    # @return [String, Array, nil] why the candidate is too expensive; or the rates that it must not exceed, if any
    def gate(position, limit, bounds)
      @asked = @chain.candidates.fetch(position)
      if reserving?
        @spending.weigh(@asked, Bounds.new(*bounds))
        refusal = booking { @spending.reserve(limit) }
        return refusal if refusal
      elsif Unscheduled.run { @spending.exhausted?(@asked) }
        nothing_left(@asked.model)
      end
      DatabaseConnections.release if @config.release_connections
      @telemetry.attempting(@asked, position)
      @spending.ceiling if reserving?
    end

    # @param changes [Array, nil] in the health of who answered
    # @return [Response]
    def answered(completion, changes)
      booking do
        bill = @spending.answer(completion.cost, Usage.new(*completion.tokens))
        response = Response.new(completion, bill: bill, requested_model: @asked.model, hops: hops, context: @context,
                                            endpoint: @asked.endpoint.name.name)
        charge(bill, response: response)
        @spending.follow(response.generation_id)
        @telemetry.answered(response)
        response
      ensure
        noticed(changes) if changes
      end
    end

    # A failed attempt is kept first and charged next, for it may have cost something all the same. What it is told
    # stays as it is: after an interrupt it is told the same again.
    def hopped(upcoming, attributes, changes)
      booking do
        bill = @spending.failure(*attributes.values_at(:cost_usd, :uncertain, :tokens))
        hop = Hop.new(**attributes.except(:uncertain, :tokens), cost_usd: bill.usd, cost_basis: bill.basis)
        @hops << hop
        @config.doubt_price_of(@asked) if hop.reason == :too_expensive && hop.attempted?
        attributes[:uncertain] && !bill.usd ? @spending.uncertain(hop.generation_id) : charge(bill, hop: hop)
      ensure
        @telemetry.hopped(hop, upcoming)
        noticed(changes) if changes
      end
    end

    # An interrupt ended the attempt: on its way out, see to the money.
    def interrupted(sent, generation_id)
      booking { sent ? @spending.uncertain(generation_id) : @spending.release }
    end

    # The walk is over, without an answer. Nothing stays reserved for an attempt that then was not made.
    def stopped
      booking { @spending.release }
    end

    private

    # Nothing may come between an answer in hand and its charge. Where an interrupt came first, @booking
    # is still false, and Rust tells it again.
    def booking
      Uninterrupted.run do
        @booking = true
        yield
      end
    end

    # What an attempt, paid for or not, has changed in the health of who was asked.
    # @param changes [Array<Array(String, Hash)>] each +"cooling"+, +"warm"+, +"down"+ or +"up"+, with details
    def noticed(changes)
      changes.each do |change, details|
        @config.shared_health&.public_send(change, @asked, **details) if %w[cooling warm].include?(change)
        @telemetry.public_send(change, @asked, **details) unless change == "warm"
      end
    end

    def hops
      @hops.empty? ? NONE : @hops.dup.freeze
    end

    # @param bill [Bill]
    def charge(bill, response: nil, hop: nil)
      return @spending.release if bill.usd.nil? || (hop && bill.usd.zero?)

      @spending.settle(bill) { known(response, hop) }
    rescue StandardError, ScriptError => e
      charge_failed(e, bill.usd, response)
    end

    def charge_failed(error, cost_usd, response)
      left = error.is_a?(Budgets::PartlyCharged) ? error.left : @budget
      return if LaterCharge.taken?(left, cost_usd, @spending.attempt)

      message = "the budget could not be charged #{cost_usd.to_s('F')} USD, which are spent (#{error.class}): " \
                "charge again"
      message += "; the answer is in ChargeFailed#response" if response
      raise ChargeFailed.new(message, hops: hops, response: response, cost_usd: cost_usd, attempt: @spending.attempt)
    end

    def known(response, hop)
      return { generation_id: hop.generation_id } if hop

      { generation_id: response.generation_id, prompt_tokens: response.usage.prompt_tokens,
        completion_tokens: response.usage.completion_tokens }
    end
  end
end
