# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # What is added to one row of +llm_call_stats+.
    # @api private
    class Tally
      AT = Columns::COUNTS.each_with_index.to_h.freeze
      HOP_AT = Columns::HOPS.transform_values { |column| AT.fetch(column) }.freeze
      CALLS = AT.fetch(:calls)
      FALLBACKS = AT.fetch(:fallbacks)
      TROUBLED = AT.fetch(:troubled)
      PROMPT = AT.fetch(:prompt_tokens)
      COMPLETION = AT.fetch(:completion_tokens)
      MILLISECONDS = AT.fetch(:milliseconds)
      DROPPED = AT.fetch(:incidents_dropped)
      TOOK = AT.fetch(Columns::TOOK.first)
      ZERO = BigDecimal(0)

      # @return [Array<Integer>] in the order of {Columns::COUNTS}
      attr_reader :counts
      # @return [Array<BigDecimal>] in the order of {Columns::MONEY}
      attr_reader :money

      def initialize
        @counts = Array.new(AT.size, 0)
        @money = Array.new(Columns::MONEY.size, ZERO)
      end

      # @param call [EndedCall]
      def call(call)
        milliseconds = (call.seconds * 1000).round
        counts = @counts
        counts[CALLS] += 1
        counts[MILLISECONDS] += milliseconds
        counts[TOOK + (Columns::BOUNDS.bsearch_index { |bound| milliseconds <= bound } || Columns::BOUNDS.size)] += 1
        hops_of(call) unless call.hops.empty?
        answer(call.response, call.labels.rows?) if call.response
      end

      # @return [Integer]
      def calls
        @counts[CALLS]
      end

      # @param hop [Hop]
      def hop(hop)
        at = HOP_AT[Columns.reason(hop)]
        @counts[at] += 1 if at
        @counts[MILLISECONDS] += (hop.duration * 1000).round
      end

      # @param usd [BigDecimal, nil] nil if the cost is unknown
      # @param basis [Symbol, nil] as {Response#cost_basis}
      # @param rows [Boolean] whether a row of the ledger is charged
      def cost(usd, basis, rows)
        return if usd.nil?
        return @money[2] += usd if basis == :estimated

        @money[0] += usd
        @money[1] += usd if rows
      end

      # An incident that is not kept.
      def dropped
        @counts[DROPPED] += 1
      end

      # @param other [Tally]
      # @return [Tally] self, with what the other has
      def add(other)
        other.counts.each_with_index { |count, at| @counts[at] += count unless count.zero? }
        other.money.each_with_index { |usd, at| @money[at] += usd }
        self
      end

      # @return [Hash{Symbol => Integer, BigDecimal}]
      def to_h
        Columns::COUNTS.zip(@counts).to_h.merge!(Columns::MONEY.zip(@money).to_h)
      end

      private

      def hops_of(call)
        @counts[FALLBACKS] += 1 if call.fallback?
        @counts[TROUBLED] += 1 if call.troubled?
      end

      # What is remembered was counted by an earlier run.
      def answer(response, rows)
        return if response.remembered?

        prompt, completion = response.tokens
        @counts[PROMPT] += prompt || 0
        @counts[COMPLETION] += completion || 0
        cost(response.cost_usd, response.cost_basis, rows)
      end
    end
  end
end
