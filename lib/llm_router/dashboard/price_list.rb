# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Prices of candidates. A look-up may take seconds, so the page does not wait for its end; the next one has it.
    # @api private
    class PriceList
      # Seconds.
      WAIT = 0.3
      private_constant :WAIT

      # @param candidates [Array<Candidate>]
      # @param config [Configuration]
      def initialize(candidates, config = Configuration.current)
        @config = config
        @found = {}
        return if PlugIns.real_call_in_test?(config)

        OwnThread.start("llm_router prices") { find(candidates) }.join(WAIT)
      end

      # @return [Price, nil] nil if none is known, or not yet
      def of(candidate)
        @found[candidate] || candidate.price
      end

      private

      def find(candidates)
        candidates.each { |candidate| @found[candidate] = @config.price_of(candidate) }
      rescue StandardError => e
        Log.new(@config.logger).write(:warn) { "prices for the page: #{e.class}" }
      end
    end
  end
end
