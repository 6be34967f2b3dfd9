# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # What one transaction writes of a {Buffer}. Where the connection breaks before the reply to a COMMIT, nobody knows
    # whether it is written. So the transaction also writes the part's marker, a row without any counts, which it cannot
    # write twice; once the COMMIT is confirmed, the marker goes.
    # @api private
    class Part
      # The outcome of a marker.
      MARKER = "written"

      # @return [Hash{Array => Tally}] as those of {Buffer}
      attr_reader :rows
      # @return [Array<Hash>]
      attr_reader :incidents
      # @return [Integer] incidents that were dropped
      attr_reader :dropped

      def initialize(rows, incidents, dropped)
        @rows = rows
        @incidents = incidents
        @dropped = dropped
      end

      # @return [Integer]
      def calls
        @rows.each_value.sum(&:calls)
      end

      # @return [Array] the key of its marker, as those of {#rows}, among which it is the first
      def marker
        @marker ||= [@rows.each_key.first&.first || (Time.now.to_i / Columns::SLOT), "", "", Native.uuid, MARKER]
      end

      # To be called before its COMMIT.
      def committing
        @committing = true
      end

      # @return [Boolean] whether it may be written
      def committing?
        @committing ? true : false
      end
    end
  end
end
