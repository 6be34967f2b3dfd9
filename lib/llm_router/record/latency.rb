# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # Reads the histogram of {Columns::TOOK}.
    # @api private
    module Latency
      module_function

      # @param counts [Array<Integer>] in the order of {Columns::TOOK}
      # @param share [Float] such as 0.95
      # @return [Float, nil] seconds within which that share of the calls ended, interpolated within its column; nil
      #   without calls. More than the last bound counts as that
      def percentile(counts, share)
        total = counts.sum
        return if total.zero?

        rank = share * total
        before = 0
        counts.each_with_index do |count, at|
          return within(at, (rank - before) / count) if count.positive? && before + count >= rank

          before += count
        end
      end

      def within(position, part)
        lower = position.zero? ? 0 : Columns::BOUNDS.fetch(position - 1)
        upper = Columns::BOUNDS.fetch(position, Columns::BOUNDS.last)
        (lower + ((upper - lower) * part)) / 1000.0
      end
    end
  end
end
