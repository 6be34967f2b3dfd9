# frozen_string_literal: true

require "llm_router/money/billing"

class LlmRouter
  # The money of one call: reserves what an attempt may cost, and sees to it that no reservation is
  # left open.
  # @api private
  class Spending
    include Billing

    # @return [BudgetExceeded, nil] why the budget refused last
    attr_reader :refusal
    # @return [WorstCase, nil] what it refused then
    attr_reader :refused

    def initialize(budget, config, telemetry)
      @account = Account.of(budget)
      @config = config
      @telemetry = telemetry
      @open = nil
    end

    # @return [Boolean] whether {#weigh} and {#reserve} have to be asked
    def reserving?
      @account.reserving?
    end

    # @param candidate [Candidate]
    # @return [Boolean] whether a budget that does not reserve has nothing left for an attempt
    def exhausted?(candidate)
      @candidate = candidate
      begin_attempt(nil)
      @account.exhausted?
    end

    # Finds out what an attempt may cost; that may take a moment.
    # @param candidate [Candidate]
    # @param bounds [Bounds] of its request
    def weigh(candidate, bounds)
      @candidate = candidate
      @price = nil
      @worst_case = worst_case(candidate, bounds)
      @telemetry.unlimited(candidate, @worst_case) unless bounds.completion_tokens
    end

    # @return [Array<String, nil>, nil] the rates that the attempt must not exceed, where they were reserved
    def ceiling
      @worst_case.price&.ceiling if @candidate.endpoint.name == :openrouter
    end

    # @param limit [Float] seconds that the attempt may take
    # @return [String, nil] why it is too expensive; nil where the money is reserved
    def reserve(limit)
      @numbered = nil
      return too_expensive if as_dear_as_refused?

      begin_attempt(limit + @config.lease_margin)
      @reservation = @account.reserve(@worst_case.usd, key: next_key) { attempt }
      @open = Process.pid
      nil
    rescue BudgetExceeded => e
      @refusal = e
      @refused = @worst_case
      too_expensive
    end

    # @return [Attempt, nil] the last one, with what has become known of it. Made when somebody asks.
    def attempt
      return unless @candidate

      @known = @known.call if @known.is_a?(Proc)
      @attempt ||= Attempt.new(id: @id ||= Native.uuid, model: @candidate.model,
                               endpoint: @candidate.endpoint.name.name, job_id: CurrentJob.current&.id,
                               lease: @lease, **@known)
    end

    # @return [BigDecimal, Integer] US dollars that are reserved now
    def held_usd
      open? ? @worst_case.usd : 0
    end

    # @param given_back [BigDecimal] US dollars
    # @return [Boolean] whether what was refused may have room when so much is given back
    def fits_with?(given_back)
      left = @refusal.left_usd
      given_back.positive? && (left.nil? || @worst_case.usd <= left + given_back)
    end

    # What was refused is tried again later, under the same key: in each run of a job the same attempt has the
    # same key, however often it had to wait.
    def put_off
      @numbered.attempts -= 1 if @numbered
      @refused = @refusal = @numbered = nil
    end

    # @param bill [Bill]
    # @yieldreturn [Hash] what the answer says of the attempt, if somebody asks
    def settle(bill)
      @open = nil
      learn(-> { { cost_basis: bill.basis, **yield } })
      @account.settle(@reservation, bill.usd) { attempt }
    ensure
      @telemetry.overrun(attempt, @worst_case.usd, bill.usd) if reserving? && bill.usd > @worst_case.usd
    end

    # After an answer whose bill nobody knows: its endpoint may come to know it.
    # @param generation_id [String, nil]
    def follow(generation_id)
      return unless unbilled? && generation_id

      quietly do
        Hooks.run(:cost_unknown, @account.budget, attempt.with(generation_id: generation_id, cost_basis: nil))
      end
    end

    # The attempt cost nothing, or was never made.
    def release
      return unless open?

      quietly { @account.release(@reservation) }
      @open = nil
    end

    # The attempt may have been billed.
    # @param generation_id [String, nil]
    def uncertain(generation_id)
      return unless open?

      @unbilled = true
      learn({ generation_id: generation_id, cost_basis: :estimated })
      quietly do
        @account.uncertain(@reservation, charge: @config.on_uncertain == :charge_estimate) { attempt }
      end
      @open = nil
      @telemetry.uncertain(attempt, @worst_case.usd)
      follow(generation_id)
    end

    private

    def worst_case(candidate, bounds)
      price = @config.price_of(candidate, bounds)
      @price = (price unless bounds.extras)
      WorstCase.of(price, bounds, otherwise: @config.reserve_usd)
    end

    # Whether money is reserved that was neither settled, released nor kept. In the child of a fork, what the
    # parent's fibers have reserved is not this process's to see to.
    def open?
      @open == Process.pid
    end

    def begin_attempt(lease)
      @lease = lease
      @id = nil
      learn({})
    end

    # @param known [Hash, Proc]
    def learn(known)
      @known = known
      @attempt = nil
    end

    def too_expensive
      "not asked: it may cost #{@worst_case}, and #{@refusal.whose}"
    end

    # What was refused is refused for all that costs as much; a cheaper one may fit.
    def as_dear_as_refused?
      @refused && @worst_case.usd >= @refused.usd
    end

    def next_key
      @numbered = CurrentJob.current || (@run ||= CurrentJob::Run.new(Native.uuid, nil, 0))
      @numbered.next_key
    end

    # What is not released now is at the end of its lease.
    def quietly
      yield
    rescue StandardError => e
      Log.new(@config.logger).write(:error) do
        "a reservation of #{@worst_case.usd.to_s('F')} USD stays until its lease is up (#{e.class})"
      end
    end
  end
end
