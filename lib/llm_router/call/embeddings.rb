# frozen_string_literal: true

class LlmRouter
  # The vectors of a call of {LlmRouter#embed}, their cost and the hops before them. Frozen; can be cached, dumped with
  # Marshal, and made into JSON.
  #
  # @!attribute [r] vectors
  #   @return [Array<Array<Float>>] one for each text, in the order of the input, all of one length
  # @!attribute [r] model
  #   @return [String] the model that was billed, as the endpoint names it
  # @!attribute [r] requested_model
  #   @return [String] the model that answered, as the chain names it
  # @!attribute [r] endpoint
  #   @return [String] the endpoint that answered
  # @!attribute [r] provider
  #   @return [String, nil] the provider that ran the model, if the endpoint names it
  # @!attribute [r] id
  #   @return [String, nil]
  # @!attribute [r] generation_id
  #   @return [String, nil] the id under which the endpoint keeps the cost
  # @!attribute [r] usage
  #   @return [Usage] tokens; there are no +completion_tokens+
  # @!attribute [r] cost_usd
  #   @return [BigDecimal, nil] US dollars, as {Response#cost_usd}
  # @!attribute [r] cost_basis
  #   @return [Symbol, nil] as {Response#cost_basis}
  # @!attribute [r] hops
  #   @return [Array<Hop>] the candidates that failed before
  # @!attribute [r] context
  #   @return [Object, nil] the +context:+ of the request of {LlmRouter#embed_all}
  # @example
  #   found = router.embed(input: ["Where is my order?", "Refunds"])
  #   found.vectors.map(&:size) # => [1536, 1536]
  #   found.cost_usd            # => 0.00000016 (a BigDecimal)
  Embeddings = Struct.new(:vectors, :model, :requested_model, :endpoint, :provider, :id, :generation_id, :usage,
                          :cost_usd, :cost_basis, :hops, :context, keyword_init: true) do
    include Portable
    include WithHops

    # @param completion [Native::Completion]
    # @param bill [Bill]
    # @api private
    def initialize(completion, bill:, **known)
      read = %i[vectors model provider id generation_id].to_h { |name| [name, completion.public_send(name)] }
      super(**read, usage: Usage.new(*completion.tokens).freeze, cost_usd: bill.usd, cost_basis: bill.basis, **known)
      freeze
    end

    # @return [Boolean] whether a candidate after the first one answered
    def fallback?
      @fallback.nil? ? hops.any? : @fallback
    end

    # @return [Array] what {#usage} is made of
    # @api private
    def tokens = usage.to_a

    # As {Response}, for events and the record.
    # @api private
    def finish_reason = nil

    # @api private
    def routing = nil

    # @api private
    def remembered? = false

    # @return [Boolean] whether the first candidate has answered, with a bill: a debug line
    # @api private
    def plain?
      hops.empty? && (cost_basis == :billed || cost_basis == :computed)
    end

    # @return [String] without the vectors
    def inspect
      "#<#{self.class} model=#{model.inspect} vectors=#{vectors.size} cost_usd=#{cost_usd&.to_s('F').inspect} " \
        "hops=#{hops.size}>"
    end
    alias_method :to_s, :inspect

    protected

    def complete(hops, _)
      self.hops = hops
      super
    end

    private

    # Without the context, which may be any object of the caller's.
    def portable
      to_h.except(:context)
    end
  end
end
