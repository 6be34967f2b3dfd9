# frozen_string_literal: true

require_relative "wording"

class LlmRouter
  module Testing
    # How a call ended: with a response, an error, or both where the charge failed.
    #
    # @api private
    Outcome = Struct.new(:response, :requested, :error, keyword_init: true) do
      # @param actual [Object] a response or what looks like one, or an error
      # @return [Outcome, nil] nil for anything else
      def self.of(actual)
        return new(error: actual) if actual.is_a?(Exception)

        new(response: actual) if actual.respond_to?(:hops) && actual.respond_to?(:model)
      end

      def fallen_back_to?(pattern)
        hops.any? && answered_by.any? { |model| Wording.model?(pattern, model) }
      end

      def to_s
        return "#{error.class} was raised: #{error.message}" unless response
        return "#{name} answered, the first candidate" if hops.empty?

        "#{name} answered, after #{hops.map { |hop| put(hop) }.join(', ')}"
      end

      private

      def hops
        response ? Array(response.hops) : []
      end

      # The billed model may have another name than the one in the chain.
      def answered_by
        [requested, response.model].compact.uniq
      end

      # A double of a response may have anything for its hops.
      def put(hop)
        hop.is_a?(Hop) ? "#{hop.model} (#{hop.why})" : hop.inspect
      end

      def name
        answered_by.join(" as ")
      end
    end
  end
end
