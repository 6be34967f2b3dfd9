# frozen_string_literal: true

class LlmRouter
  class RememberedAnswers
    # OpenRouter's response cache: the same request, byte for byte and with the same key, gets the same answer, at no
    # cost. So an answer is not bought again that was on its way when its job was killed.
    # @api private
    module ResponseCache
      NAME = "x-openrouter-cache"
      # Seconds that it keeps an answer at most.
      MAX = 86_400
      private_constant :NAME, :MAX

      module_function

      # @param config [Configuration]
      # @param seconds [Float]
      # @return [Array<Array(String, String)>] none if the app sets the header itself
      def headers(config, seconds)
        return [] if config.headers.key?(NAME)

        [[NAME, "true"], ["#{NAME}-ttl", seconds.ceil.clamp(1, MAX).to_s]]
      end
    end
  end
end
