# frozen_string_literal: true

class LlmRouter
  # One call. The walk, in Rust, runs its methods on the thread that called, in the order of
  # ext/core/src/routing/router.rs.
  #
  # A method that settles defers interrupts first of all, so that none comes between Rust and it: Ruby checks for
  # interrupts when a method returns or jumps, not when it begins.
  # @api private
  class Call
    include Endings
    include Hedged
    include Refusals
    include Settling

    NONE = [].freeze
    private_constant :NONE

    # @param kept [#response, #keep, nil] what the job of the call keeps of its answer
    def initialize(chain:, budget:, config:, deadline:, overlapping: false, context: nil, labels: Labels::NONE,
                   acceptance: nil, kept: nil, api: Api::CHAT)
      prepare(chain, config)
      @chain = chain
      @budget = budget
      @config = config
      @deadline = deadline
      @context = context
      judge_with(acceptance)
      @kept = kept
      @api = api
      @process = Process.pid
      @mask = Uninterrupted.mask
      @hops = []
      @saving = :unknown
      account_for(labels.paid_by(budget), overlapping || chain.hedges?)
    end

    # @yieldparam call [Call] to walk with, unless an earlier run of the job has the answer
    # @return [Response]
    def run
      @telemetry.call do
        remembered || yield(self)
      ensure
        close if !@settled || @hedge
      end
    end

    # @return [Boolean] whether {#gate} needs the bounds of the request
    def reserving?
      @spending.reserving?
    end

    # Before each attempt.
    # @param bounds [Array, nil] those of {Bounds}, for a budget that reserves
    # @return [Array(Symbol, Object)] see {Gate}
    def gate(position, limit, bounds)
      @candidate = @chain.candidates.fetch(position)
      @telemetry.switch_ignored(@candidate) if Switches.off?(@candidate.model)
      refusal = saved(position) || unaffordable(limit, bounds)
      return refusal if refusal

      Hooks.run(:before_wait) if @config.release_connections
      @telemetry.attempting(@candidate, position)
      reserving? ? Gate.proceed(@spending.ceiling) : Gate::PROCEED
    end

    # @param look_up [Boolean] whether a window that is not known is worth a look-up. A budget that reserves makes one
    #   for the price anyway.
    # @return [Integer, nil] tokens that the candidate takes
    def window(position, look_up)
      candidate = @chain.candidates.fetch(position)
      look_up || reserving? ? @config.window_of(candidate) : @config.known_window_of(candidate)
    end

    # Once a prompt is too long.
    # @return [Array<Integer, nil>] tokens that each candidate takes
    def windows
      @chain.candidates.map { |candidate| @config.window_of(candidate) }
    end

    # @param changes [Array, nil] in the candidate's circuit breaker
    # @return [Response]
    def answered(completion, changes)
      uninterrupted do
        settle_answer(completion).tap do |response|
          @acceptance ? @unaccepted = response : @settled = true
          @telemetry.answered(response)
        end
      ensure
        breaker_changed(changes) if changes
      end
    end

    # Records the hop first and settles next: a failed attempt may have cost something.
    def hopped(upcoming, attributes, changes)
      uninterrupted do
        bill = bill_of(attributes)
        hop = Hop.new(**attributes.except(:uncertain, :tokens), cost_usd: bill.usd, cost_basis: bill.basis)
        @hops << hop
        @config.price_outdated(@candidate) if hop.reason == :too_expensive && hop.attempted?
        hop.attempted? ? settle_failure(bill, attributes) : @unsettled = nil
      ensure
        @telemetry.hopped(hop, upcoming) if hop
        breaker_changed(changes) if changes
      end
    end

    private

    def prepare(chain, config)
      config.shared_health&.refresh(chain, config.logger) if config.cooldown_after
      Hooks.run(:call_begins) if config.record_calls
    end

    # @return [Response, nil] that of an earlier run of the job, unless it is refused
    def remembered
      response = uninterrupted { @kept.response(@context) } if @kept
      response unless response && @acceptance&.refusal(response)
    end

    def account_for(labels, overlapping)
      @telemetry = Telemetry.new(@config, @chain, @hops, labels, overlapping: overlapping, operation: @api.operation)
      @spending = Spending.new(@budget, @config, @telemetry, labels, least_tokens: @api.least_tokens)
    end

    # Whether the call starts at the floor, which is decided at its first candidate alone.
    def saved(position)
      @saving = Unscheduled.run { Saving.reason(@budget, @config) } if @saving == :unknown
      Gate.saving(@saving) if @saving && position < floor
    end

    def unaffordable(limit, bounds)
      unless reserving?
        nothing_left(@candidate.model) if Unscheduled.run { @spending.exhausted?(@candidate) }
        return
      end

      @spending.price_worst_case(@candidate, Bounds.new(*bounds))
      refusal = uninterrupted { @spending.reserve(limit) }
      Gate.too_expensive(refusal) if refusal
    end

    # The position of the last candidate, or of the last that is not switched off.
    def floor
      candidates = @chain.candidates
      candidates.rindex { |candidate| !Switches.off?(candidate.model) } || (candidates.size - 1)
    end

    def uninterrupted(&)
      Uninterrupted.run(@mask, &)
    end

    # Publishes what an attempt changed in the circuit breaker of its candidate.
    # @param changes [Array<Array(String, Hash)>] each +"cooldown"+, +"recovered"+, +"down"+ or +"up"+, with details
    def breaker_changed(changes)
      changes.each do |change, details|
        case change
        when "cooldown" then cooldown_started(**details)
        when "recovered" then @config.shared_health&.recovered(@candidate, **details)
        when "down" then @telemetry.down(@candidate, **details)
        when "up" then @telemetry.up(@candidate, **details)
        end
      end
    end

    def cooldown_started(**details)
      @config.shared_health&.cooldown_started(@candidate, **details)
      @telemetry.cooldown_started(@candidate, **details)
    end

    def hops
      @hops.empty? ? NONE : @hops.dup.freeze
    end
  end
end
