# frozen_string_literal: true

class LlmRouter
  # What a {Batch} does for many of its calls at once: see ext/llm_router/src/walk/batch/ahead.rs. If it is interrupted,
  # each call still has its reservation, or its outcome, and ends it on its way out.
  # @api private
  module BatchMoney
    # @return [Boolean] whether the budget can reserve, and settle, for many calls in one statement
    def together?
      !@bulk.nil?
    end

    # Makes the next calls, which do not begin yet, and reserves for their first attempts.
    # @param attempts [Array<Array(Integer, Integer, Float, Array)>] the number of the request, and what its gate takes
    # @return [void]
    def reserve_ahead(attempts)
      # Their first attempts are others.
      return if Saving.reason(@call.fetch(:budget), @config)

      attempts = attempts.map do |number, position, limit, bounds|
        [number, @call.fetch(:chain).candidates.fetch(position), Bounds.new(*bounds), limit]
      end
      # The look-up may wait, outside the mask.
      attempts.each { |_, candidate, bounds| @config.price_of(candidate, bounds) }
      Uninterrupted.run(@mask) do
        @bulk.reserve(attempts.to_h { |number, *attempt| (@prepared[number] = made(number)).claim(*attempt) })
      end
    end

    # @param answers [Array<Array(Integer, String, Array, String)>] the number of the request, and what
    #   {Ahead#settlement} takes
    # @return [void]
    def settle_ahead(answers)
      # Each answer that is kept is written in the transaction of its own charge.
      return if @kept

      Uninterrupted.run(@mask) do
        @bulk.settle(answers.filter_map { |number, *answer| @calls.fetch(number).settlement(*answer) }.to_h)
      end
    end

    # Another call of the batch found no room: the calls that have not begun reserve by themselves.
    # @return [BigDecimal, Integer] US dollars that were released
    def release_ahead
      @prepared.each_value.sum { |call| call.held_usd.tap { |usd| call.close if usd.positive? } }
    end
  end
end
