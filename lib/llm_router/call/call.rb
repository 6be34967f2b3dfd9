# frozen_string_literal: true

class LlmRouter
  # One call: what the walk, in Rust, asks of Ruby on its way and tells it, always on the thread
  # that called. See ext/core/src/routing/router.rs for the order.
  #
  # A method that books money defers interrupts by its first act, so that none comes between Rust and it: Ruby looks for
  # interrupts where a method returns or jumps, not where it begins.
  # @api private
  class Call
    include Endings
    include Settling

    NONE = [].freeze
    private_constant :NONE

    def initialize(chain:, budget:, config:, deadline:, overlapping: false, context: nil)
      config.shared_health&.refresh(chain, config.logger) if config.cooldown_after
      @chain = chain
      @budget = budget
      @config = config
      @deadline = deadline
      @context = context
      @process = Process.pid
      @mask = Uninterrupted.mask
      @hops = []
      @telemetry = Telemetry.new(config, chain, @hops, overlapping)
      @spending = Spending.new(budget, config, @telemetry)
    end

    # @yieldparam call [Call] to walk with
    # @return [Response]
    def run
      @telemetry.call do
        yield self
      ensure
        close unless @settled
      end
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
      Hooks.run(:before_wait) if @config.release_connections
      @telemetry.attempting(@asked, position)
      @spending.ceiling if reserving?
    end

    # @param changes [Array, nil] in the health of who answered
    # @return [Response]
    def answered(completion, changes)
      booking do
        settle_answer(completion).tap do |response|
          @settled = true
          @telemetry.answered(response)
        end
      ensure
        noticed(changes) if changes
      end
    end

    # A failed attempt is kept first and charged next, for it may have cost something all the same.
    def hopped(upcoming, attributes, changes)
      booking do
        bill = bill_of(attributes)
        hop = Hop.new(**attributes.except(:uncertain, :tokens), cost_usd: bill.usd, cost_basis: bill.basis)
        @hops << hop
        @config.doubt_price_of(@asked) if hop.reason == :too_expensive && hop.attempted?
        settle_failure(bill, attributes)
      ensure
        @telemetry.hopped(hop, upcoming) if hop
        noticed(changes) if changes
      end
    end

    private

    def booking(&)
      Uninterrupted.run(@mask, &)
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
  end
end
