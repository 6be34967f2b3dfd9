# frozen_string_literal: true

class LlmRouter
  # What a {Spending} leaves to a {BulkAccount}. When the call comes to reserve, or to settle, it finds that done.
  # @api private
  module Ahead
    # Seconds that the attempt may begin after its reservation. The lease is as much longer.
    MAX_DELAY = 1.0
    private_constant :MAX_DELAY

    # @param candidate [Candidate]
    # @param bounds [Bounds] of its request
    # @param limit [Float] seconds that the attempt may take
    # @return [Hash] what a budget needs to reserve
    def claim(candidate, bounds, limit)
      @candidate = candidate
      @worst_case = worst_case(candidate, bounds)
      @latest = now + limit + MAX_DELAY
      begin_attempt(limit + MAX_DELAY + @config.lease_margin)
      { usd: @worst_case.usd, key: next_key, attempt: attempt }
    end

    # @param reservation [Object] for what was claimed
    # @return [void]
    def reserved_ahead(reservation)
      @reservation = reservation
      @open = Process.pid
      @ahead = [@candidate, @worst_case.usd]
    end

    # @param sent [String, nil] the endpoint's bill, a decimal
    # @param tokens [Array<Integer, nil>] what {Usage} holds
    # @param generation_id [String, nil]
    # @return [Hash, nil] what a budget needs to settle an answer; nil if its cost is unknown
    def settlement(sent, tokens, generation_id)
      bill = answer(sent) { tokens }
      return unless bill.usd && open?

      prompt_tokens, completion_tokens = tokens
      learn(generation_id: generation_id, prompt_tokens: prompt_tokens, completion_tokens: completion_tokens,
            cost_basis: bill.basis)
      { reservation: @reservation, cost_usd: bill.usd, attempt: attempt }
    end

    # @return [void]
    def settled_ahead
      @settled_ahead = true
    end

    private

    # Releases what was reserved ahead for another attempt, or for one that would outlast its lease.
    # @param limit [Float] seconds that the attempt may take
    # @return [Boolean] whether the attempt is reserved
    def reserved_ahead?(limit)
      ahead = @ahead
      @ahead = nil
      return false unless ahead && open?

      candidate, usd = ahead
      return true if candidate.equal?(@candidate) && usd == @worst_case.usd && now + limit <= @latest

      release
      false
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
