# frozen_string_literal: true

class LlmRouter
  # A model's answer, and how it came about. Frozen; safe to share between threads. It can be kept in a cache, dumped
  # with Marshal, and made into JSON, where money is decimal text.
  #
  # @example
  #   draft = router.call(messages: messages, max_tokens: 500)
  #   message.update!(suggested_reply: draft.content)
  #   Rails.logger.info("#{draft.model}, #{draft.cost_usd} USD") if draft.fallback?
  class Response
    include Portable

    COMPLETION = %i[id generation_id model provider content refusal reasoning finish_reason native_finish_reason tokens
                    body].freeze
    # A completion that was dumped.
    Kept = Struct.new(*COMPLETION, keyword_init: true)
    private_constant :COMPLETION, :Kept

    # @return [BigDecimal, nil] US dollars: exactly as the endpoint sent them, or else as {#cost_basis} says. The budget
    #   has been charged with it already. nil where nobody knows.
    attr_reader :cost_usd
    # @return [Symbol, nil] how {#cost_usd} is known: +:billed+ by the endpoint; +:computed+, its tokens at the model's
    #   price, where the endpoint sent no bill that can be read; +:estimated+, what was reserved, where tokens or price
    #   are not known either; nil where nothing is known and nothing was charged
    attr_reader :cost_basis
    # @return [Array<Hop>] what failed on the way; empty where the first model answered
    attr_reader :hops
    # @return [String] the model that was asked and answered, as the chain names it
    attr_reader :requested_model
    # @return [String] the endpoint that answered
    attr_reader :endpoint
    # @return [Object, nil] what was given as +context:+ with the request of {LlmRouter#call_all}
    attr_reader :context

    # @api private
    def initialize(completion, bill:, requested_model:, endpoint:, hops:, context: nil)
      @completion = completion
      @requested_model = requested_model
      @endpoint = endpoint
      @hops = hops
      @context = context
      @cost_usd = bill.usd
      @cost_basis = bill.basis
      @memo = {}
      freeze
    end

    # @return [Usage] tokens
    def usage
      @memo[:usage] ||= Usage.new(*@completion.tokens).freeze
    end

    # @return [String, nil] the text; nil where the model called tools or refused instead
    def content
      @memo[:content] ||= @completion.content.freeze
    end

    # @return [String] the model that was billed; it may differ from the one asked for
    def model
      @completion.model
    end

    # @return [String, nil] who ran the model, where the endpoint says so
    def provider
      @completion.provider
    end

    # @return [String, nil] +"stop"+, +"length"+, +"tool_calls"+, +"content_filter"+
    def finish_reason
      @completion.finish_reason
    end

    # @return [String, nil] the same in the provider's own words
    def native_finish_reason
      @completion.native_finish_reason
    end

    # @return [Array<Hash>] the tools the model wants called, with String keys as in the API
    def tool_calls
      raw.dig("choices", 0, "message", "tool_calls") || []
    end

    # @return [String, nil] why the model would not answer
    def refusal
      @completion.refusal
    end

    # @return [String, nil] the model's reasoning (+reasoning+, or +reasoning_content+), where it shows it
    def reasoning
      @completion.reasoning
    end

    # @return [String, nil] the completion's id
    def id
      @completion.id
    end

    # @return [String, nil] the id under which the endpoint keeps what the generation cost
    def generation_id
      @completion.generation_id
    end

    # @return [Boolean] whether it took more than the first model of the chain
    def fallback?
      hops.any?
    end

    # @return [Boolean] whether the first model has answered in full, with a bill: a debug line
    # @api private
    def plain?
      !fallback? && (cost_basis == :billed || cost_basis == :computed) && finish_reason != "length"
    end

    # @return [Hash] the whole answer, parsed on first use, with String keys, frozen. Numbers in
    #   it are Floats (+NaN+ as well, where the endpoint wrote it): take money from {#cost_usd}. It is nested no
    #   deeper than 100 levels.
    def raw
      require "json"
      @memo[:raw] ||= JSON.parse(@completion.body, max_nesting: 100, freeze: true, allow_nan: true)
    end

    # @return [Boolean] whether the same was said, at the same cost, in the same way
    def ==(other)
      other.class == self.class && other.marshal_dump == marshal_dump
    end
    alias eql? ==

    # @return [Integer]
    def hash
      [@completion.body, requested_model, endpoint, cost_usd].hash
    end

    # Without the context, which is the caller's own and may be anything.
    # @api private
    def marshal_dump
      completion = COMPLETION.to_h { |name| [name, @completion.public_send(name)] }
      { completion: completion, cost_usd: cost_usd, cost_basis: cost_basis, requested_model: requested_model,
        endpoint: endpoint, hops: hops }
    end

    # @api private
    def marshal_load(dump)
      completion = Kept.new(**dump.fetch(:completion).slice(*COMPLETION).each_value(&:freeze)).freeze
      initialize(completion, bill: Bill.new(*dump.values_at(:cost_usd, :cost_basis)), hops: dump.fetch(:hops).freeze,
                             **dump.slice(:requested_model, :endpoint))
    end

    # @return [String] without the content
    def inspect
      "#<#{self.class} model=#{model.inspect} cost_usd=#{cost_usd&.to_s('F').inspect} " \
        "finish_reason=#{finish_reason.inspect} hops=#{hops.size}>"
    end

    # @return [String] the content; "" where the model called tools or refused instead
    # @example
    #   "#{draft}" # => "Hello!"
    def to_s
      content.to_s
    end

    private

    # Not {#raw}, whose money is a Float.
    def portable
      { content: content, refusal: refusal, reasoning: reasoning, tool_calls: tool_calls, finish_reason: finish_reason,
        native_finish_reason: native_finish_reason, model: model, requested_model: requested_model, endpoint: endpoint,
        provider: provider, id: id, generation_id: generation_id, usage: usage, cost_usd: cost_usd,
        cost_basis: cost_basis, fallback: fallback?, hops: hops }
    end
  end
end
