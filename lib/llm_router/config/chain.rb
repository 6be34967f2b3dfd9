# frozen_string_literal: true

class LlmRouter
  # An ordered list of candidates. Made by {Configuration#chain}, or by {LlmRouter#initialize} from an Array. Checked
  # when it is made.
  class Chain
    NO_HEADERS = [].freeze
    private_constant :NO_HEADERS

    # @return [Symbol, nil] nil for a chain without a name
    attr_reader :name
    # @return [Array<String>] the models, in order
    attr_reader :models
    # @return [Array<String>] a sentence for each weakness, such as two models of one vendor in a row
    attr_reader :doubts
    # @return [Array<Candidate>]
    # @api private
    attr_reader :candidates
    # @return [Array<OwnMessages>] of the candidates that have their own, in order
    # @api private
    attr_reader :own_messages
    # @api private
    attr_reader :native

    # @return [Hash{Symbol => Float, Symbol}, nil] when a call makes a second attempt beside its first (+after:+), and
    #   the share of the calls that may (+share:+); nil for never
    # @api private
    attr_reader :hedge

    # @api private
    # @param name [Symbol, nil]
    # @param candidates [Array<String, Hash>]
    # @param endpoints [Hash{Symbol => Endpoint}]
    # @param hedge [Hash, nil]
    # @raise [ConfigurationError]
    def initialize(name:, candidates:, endpoints:, hedge: nil)
      @name = name
      @candidates = list(candidates, endpoints).freeze
      @models = @candidates.map(&:model).freeze
      @own_messages = @candidates.filter_map(&:own_messages).freeze
      @endpoints = @candidates.map(&:endpoint).uniq.freeze
      @hedge = hedge.nil? ? nil : Hedging.check(label, hedge, @models.size)
      @has_keys = @endpoints.none?(&:keyless?)
      @native = compile
      @doubts = native.doubts.freeze
      freeze
    end

    # @return [Array<String>] who makes each of the models
    # @api private
    def vendors
      native.vendors
    end

    # @return [Boolean] whether each endpoint of the chain has a key, or wants none
    # @api private
    def keys? = @has_keys

    # @param given [Hash, nil] headers of a call
    # @return [Array<Array(String, String)>] checked; with nil for one that is left out, although an endpoint has it
    # @raise [ArgumentError]
    # @api private
    def headers_of(given, place)
      return NO_HEADERS if given.nil?

      headers = Headers.check(place, given, ArgumentError, taken: @endpoints.filter_map(&:auth))
      headers.map { |name, value| [name, value&.reveal] }
    end

    # @raise [ConfigurationError] where an endpoint of the chain has no key
    # @api private
    def check_keys!
      @endpoints.each(&:check_key!)
    end

    # @return [Boolean]
    # @api private
    def hedges? = !hedge.nil?

    # The second argument of Native::Chain.new.
    # @api private
    def native_hedge
      hedge && [(hedge[:after] unless hedge[:after] == :p95), hedge[:share]]
    end

    # @return [String]
    def to_s
      name ? label : "chain #{models.inspect}"
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{name.inspect} #{models.join(' -> ')}>"
    end

    private

    def label
      name ? "chain :#{name}" : "chain"
    end

    def compile
      Native::Chain.new(@candidates.map(&:to_native), native_hedge)
    rescue ArgumentError => e
      raise ConfigurationError, "#{label}: #{e.message}"
    end

    def list(candidates, endpoints)
      refuse_list unless candidates.is_a?(Array) && candidates.any?

      candidates.each_with_index.map do |candidate, index|
        Candidate.new(candidate, endpoints: endpoints, place: "#{label} candidate #{index}")
      end
    end

    def refuse_list
      raise ConfigurationError, "#{label} needs an Array with at least one model, such as " \
                                "%w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash]"
    end
  end
end
