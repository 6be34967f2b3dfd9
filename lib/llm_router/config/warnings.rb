# frozen_string_literal: true

class LlmRouter
  # What a {Configuration} warns of, or raises, as +unknown_options+ and +same_vendor+ say.
  # @api private
  module Warnings
    # Warns of misspelt parameters, or raises, as {Settings#unknown_options} says.
    # @param parameters [Hash{Symbol, String => Object}]
    # @param error [Class] to raise under +unknown_options = :raise+
    # @yieldreturn [String] where they are
    # @raise [ArgumentError, ConfigurationError]
    # @api private
    def check_spelling(parameters, error)
      return if unknown_options == :allow

      Parameters.misspelt(parameters).each do |name, meant|
        message = "#{yield}: #{name} is no known parameter: did you mean #{meant}?"
        raise error, "#{message} (config.unknown_options = :warn sends it as it is)" if unknown_options == :raise

        warn_once(name) { "#{message} It is sent as it is. (config.unknown_options = :allow accepts that)" }
      end
    end

    # @param requests [Array<Hash>]
    # @param ours [Array<Symbol>] keys of a request that are not sent
    # @raise [ArgumentError]
    # @api private
    def check_spelling_of_all(requests, ours)
      requests.each_with_index do |request, number|
        check_spelling(request.except(*ours), ArgumentError) { "requests[#{number}]" }
      end
    end

    # Logs a warning once in a process, whatever is configured meanwhile.
    # @param what [Object] identifies the warning
    # @api private
    def warn_once(what, &)
      return if @warned_of.key?(what)

      @warned_of[what] = true
      Log.new(logger).write(:warn, &)
    end

    # Says that a batch of a chain that hedges makes no second attempts.
    # @param chain [Chain]
    # @api private
    def warn_unhedged(chain)
      return unless chain.hedges?

      warn_once([:hedge, chain.name]) do
        "#{chain} hedges, but call_all and embed_all do not: each of their calls makes one attempt at a time"
      end
    end

    private

    def check_params(chain)
      chain.candidates.each do |candidate|
        check_spelling(candidate.params, ConfigurationError) { "#{chain}: params of #{candidate.model}" }
      end
    end

    def doubt(chain)
      return if same_vendor == :allow

      chain.doubts.each do |doubt|
        message = "#{chain}: #{doubt}"
        advice = "config.same_vendor = :allow accepts it"
        raise ConfigurationError, "#{message}. (#{advice})" if same_vendor == :raise

        Log.new(logger).write(:warn) { "#{message}. (#{advice})" }
      end
    end
  end
end
