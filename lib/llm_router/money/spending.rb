# frozen_string_literal: true

class LlmRouter
  # The money of one call: reserves the worst case of each attempt, and leaves no reservation open.
  # @api private
  class Spending
    include Ahead
    include Billing

    # @return [BudgetExceeded, nil] the last refusal of the budget
    attr_reader :refusal
    # @return [WorstCase, nil] what the budget refused then
    attr_reader :refused

    # @param least_tokens [Integer] the fewest that an answer is billed for, beside those of the prompt
    def initialize(budget, config, telemetry, labels, least_tokens: 1)
      @account = Account.of(budget)
      @config = config
      @telemetry = telemetry
      @labels = labels
      @least_tokens = least_tokens
      @open = nil
    end

    # @param telemetry [Telemetry]
    # @return [Spending] of another attempt of the same call, at the same time
    def beside(telemetry)
      Spending.new(@account.budget, @config, telemetry, @labels, least_tokens: @least_tokens)
    end

    # @return [Boolean] whether {#price_worst_case} and {#reserve} are needed
    def reserving?
      @account.reserving?
    end

    # @param candidate [Candidate]
    # @return [Boolean] whether a budget that does not reserve is exhausted
    def exhausted?(candidate)
      @candidate = candidate
      begin_attempt(nil)
      @account.exhausted?
    end

    # Computes the worst case of an attempt, which may wait for a look-up of the price.
    # @param candidate [Candidate]
    # @param bounds [Bounds] of its request
    def price_worst_case(candidate, bounds)
      @candidate = candidate
      @price = nil
      @worst_case = worst_case(candidate, bounds)
      @telemetry.unlimited(candidate, @worst_case) unless bounds.completion_tokens
    end

    # @return [Array<String, nil>, nil] the reserved rates, which no provider may exceed; nil if there are none
    def ceiling
      @worst_case.price&.ceiling if @candidate.endpoint.name == :openrouter
    end

    # @param limit [Float] seconds that the attempt may take
    # @return [String, nil] why the attempt is too expensive; nil if the money is reserved
    def reserve(limit)
      return if reserved_ahead?(limit)

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

    # @return [Attempt, nil] the last one, with all known details
    def attempt
      return unless @candidate

      @attempt ||= Attempt.new(id: @id ||= Native.uuid, model: @candidate.model,
                               endpoint: @candidate.endpoint.name.name, job_id: CurrentJob.current&.id,
                               lease: @lease, tags: @labels.tags, **@known)
    end

    # @return [BigDecimal, Integer] US dollars that are reserved now
    def held_usd
      open? ? @worst_case.usd : 0
    end

    # @param released_usd [BigDecimal] US dollars
    # @return [Boolean] whether the refused attempt may fit once so much is released
    def fits_after_release?(released_usd)
      left = @refusal.left_usd
      released_usd.positive? && (left.nil? || @worst_case.usd <= left + released_usd)
    end

    # Forgets a refusal, to reserve later under the same idempotency key: in each run of a job, an attempt has the same
    # key, however often it waited.
    def reserve_later
      @numbered.attempts -= 1 if @numbered
      @refused = @refusal = @numbered = nil
    end

    # @param bill [Bill]
    # @param known [Hash] details of the attempt
    def settle(bill, known)
      @open = nil
      learn(**known, cost_basis: bill.basis)
      @account.settle(@reservation, bill.usd) { attempt } unless @settled_ahead
    ensure
      @telemetry.overrun(attempt, @worst_case.usd, bill.usd) if reserving? && bill.usd > @worst_case.usd
    end

    # After an attempt with an unknown cost: has it looked up later.
    # @param generation_id [String, nil]
    def follow(generation_id)
      return unless unbilled? && generation_id

      quietly do
        Hooks.run(:cost_unknown, @account.budget, attempt.with(generation_id: generation_id, cost_basis: nil))
      end
    end

    # The attempt cost nothing, or was not made.
    def release
      return unless open?

      quietly { @account.release(@reservation) }
      @open = nil
    end

    # The attempt may have been billed at an unknown cost.
    # @param generation_id [String, nil]
    def uncertain(generation_id)
      return unless open?

      @unbilled = true
      learn(generation_id: generation_id, cost_basis: :estimated)
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

    # Whether a reservation is open. In the child of a fork, reservations are the parent's.
    def open?
      @open == Process.pid
    end

    def begin_attempt(lease)
      @lease = lease
      @id = nil
      @settled_ahead = false
      learn
    end

    def learn(**known)
      @known = known
      @attempt = nil
    end

    def too_expensive
      "not called: it may cost #{@worst_case}, and #{@refusal.whose}"
    end

    # An attempt that costs as much as a refused one would be refused, too; a cheaper one may fit.
    def as_dear_as_refused?
      @refused && @worst_case.usd >= @refused.usd
    end

    def next_key
      @numbered = CurrentJob.current || (@run ||= CurrentJob::Run.new(Native.uuid, nil, 0))
      @numbered.next_key
    end

    # Best effort: otherwise the lease expires.
    def quietly
      yield
    rescue StandardError => e
      Log.new(@config.logger).write(:error) do
        "a reservation of #{@worst_case.usd.to_s('F')} USD stays until its lease ends (#{e.class})"
      end
    end
  end
end
