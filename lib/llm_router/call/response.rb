# frozen_string_literal: true

class LlmRouter
  # A model's answer, its cost and its hops. Frozen; safe to share between threads. It can be cached, dumped with
  # Marshal, and made into JSON, where money is decimal text.
  #
  # @example
  #   draft = router.call(messages: messages, max_tokens: 500)
  #   message.update!(suggested_reply: draft.content)
  #   Rails.logger.info("#{draft.model}, #{draft.cost_usd} USD") if draft.fallback?
  class Response
    include Portable
    include WithHops

    COMPLETION = %i[id generation_id model provider content refusal reasoning finish_reason native_finish_reason tokens
                    body].freeze
    # A completion that was dumped.
    Loaded = Struct.new(*COMPLETION, keyword_init: true)
    CUT_OFF = ". It was cut off: raise max_tokens"
    # Of a key that is there twice, the last counts, which json 3 takes for an error.
    READING = { max_nesting: 100, freeze: true, allow_duplicate_key: true }.freeze
    private_constant :COMPLETION, :Loaded, :CUT_OFF, :READING

    # @return [BigDecimal, nil] US dollars: exactly as the endpoint sent them, or as {#cost_basis} says. Already
    #   charged to the budget. nil if unknown.
    attr_reader :cost_usd
    # @return [Symbol, nil] the source of {#cost_usd}: +:billed+ by the endpoint; +:computed+ from its tokens and the
    #   model's price, if the endpoint sent no readable bill; +:estimated+, the reservation, if tokens or price are
    #   unknown too; +:remembered+, 0, if {#remembered?}; nil if the cost is unknown and nothing was charged
    attr_reader :cost_basis
    # @return [Array<Hop>] the attempts that failed before, and the candidates that were skipped; empty if the first
    #   attempt brought the answer
    attr_reader :hops
    # @return [String] the model that answered, as the chain names it
    attr_reader :requested_model
    # @return [String] the endpoint that answered
    attr_reader :endpoint
    # @return [Object, nil] the +context:+ of the request of {LlmRouter#call_all}
    attr_reader :context

    # @api private
    def initialize(completion, bill:, requested_model:, endpoint:, hops:, context: nil, fallback: nil)
      @completion = completion
      @requested_model = requested_model
      @endpoint = endpoint
      @hops = hops
      @fallback = fallback
      @context = context
      @cost_usd = bill.usd
      @cost_basis = bill.basis
      @memo = {}
      freeze
    end

    # @return [Array] what {#usage} is made of
    # @api private
    def tokens
      @completion.tokens
    end

    # @return [Usage] tokens
    def usage
      @memo[:usage] ||= Usage.new(*tokens).freeze
    end

    # @return [String, nil] the text; nil if the model called tools or refused instead
    def content
      @memo[:content] ||= @completion.content.freeze
    end

    # The JSON in {#content}: all of it, all of a fence of Markdown, or else the first object or list that is whole.
    # Words around it are left out, and so are footnotes, such as +[1]+. JSON that is cut off has no part that counts.
    # @return [Hash, Array, Object] with String keys, frozen, parsed on first use
    # @raise [NoJson] where it breaks
    # @example
    #   draft.content # => "Sure!\n```json\n{\"sentiment\": \"sad\"}\n```"
    #   draft.parsed  # => { "sentiment" => "sad" }
    def parsed
      @memo.fetch(:parsed) { @memo[:parsed] = embedded_json }
    end

    # @return [String] the model that was billed; it may differ from {#requested_model}
    def model
      @completion.model
    end

    # @return [String, nil] the provider that ran the model, if the endpoint names it
    def provider
      @completion.provider
    end

    # @return [String, nil] +"stop"+, +"length"+, +"tool_calls"+, +"content_filter"+
    def finish_reason
      @completion.finish_reason
    end

    # @return [String, nil] the provider's own value of it
    def native_finish_reason
      @completion.native_finish_reason
    end

    # @return [Array<Hash>] the tool calls of the model, with String keys as in the API
    def tool_calls
      raw.dig("choices", 0, "message", "tool_calls") || []
    end

    # @return [String, nil] why the model would not answer
    def refusal
      @completion.refusal
    end

    # @return [String, nil] the model's reasoning (+reasoning+, or +reasoning_content+), if it is in the answer
    def reasoning
      @completion.reasoning
    end

    # @return [String, nil] the completion's id
    def id
      @completion.id
    end

    # @return [String, nil] the id under which the endpoint keeps the cost of the generation
    def generation_id
      @completion.generation_id
    end

    # @return [Boolean] whether a model after the first one answered; false if the first was called again
    def fallback?
      return @fallback unless @fallback.nil?

      hops.any? { |hop| hop.model != requested_model || hop.endpoint != endpoint }
    end

    # @return [Boolean] whether an earlier run of the job got this answer, and paid for it. In this run it costs 0, had
    #   no attempts and so no hops; {#usage} is what it took then. See {JobSettings#remember_answers}
    def remembered?
      cost_basis == :remembered
    end

    # @param context [Object, nil] that of the request
    # @return [Response] the same answer for another run of the job
    # @api private
    def again(context = nil)
      self.class.new(@completion, bill: Bill::REMEMBERED, requested_model: requested_model, endpoint: endpoint,
                                  hops: [].freeze, context: context)
    end

    # @return [Boolean] whether the first attempt was answered in full, with a bill: a debug line
    # @api private
    def plain?
      hops.empty? && (cost_basis == :billed || cost_basis == :computed) && finish_reason != "length"
    end

    # @return [Hash] the whole answer, parsed on first use, with String keys, frozen. Its numbers are Floats (+NaN+
    #   too, if the endpoint wrote it): take money from {#cost_usd}. At most 100 levels deep.
    def raw
      @memo[:raw] ||= parsed_body
    end

    # How OpenRouter found a provider, if the header +X-OpenRouter-Metadata: enabled+ was sent: +"strategy"+,
    # +"attempt"+ (which of its own attempts answered, from 1), +"attempts"+, +"endpoints"+ and more, as they are
    # sent.
    # @return [Hash{String => Object}, nil]
    # @example
    #   draft.routing&.fetch("attempt", nil) # => 2
    def routing
      found = raw["openrouter_metadata"]
      found if found.is_a?(Hash)
    end

    # @return [Boolean] whether answer, cost and hops are the same
    def ==(other)
      other.class == self.class && other.marshal_dump == marshal_dump
    end
    alias eql? ==

    # @return [Integer]
    def hash
      [@completion.body, requested_model, endpoint, cost_usd].hash
    end

    # Without the context, which may be any object of the caller's.
    # @api private
    def marshal_dump
      completion = COMPLETION.to_h { |name| [name, @completion.public_send(name)] }
      { completion: completion, cost_usd: cost_usd, cost_basis: cost_basis, requested_model: requested_model,
        endpoint: endpoint, hops: hops, fallback: @fallback }
    end

    # @api private
    def marshal_load(dump)
      completion = Loaded.new(**dump.fetch(:completion).slice(*COMPLETION).each_value(&:freeze)).freeze
      initialize(completion, bill: Bill.new(*dump.values_at(:cost_usd, :cost_basis)), hops: dump.fetch(:hops).freeze,
                             **dump.slice(:requested_model, :endpoint, :fallback))
    end

    # @return [String] without the content
    def inspect
      "#<#{self.class} model=#{model.inspect} cost_usd=#{cost_usd&.to_s('F').inspect} " \
        "finish_reason=#{finish_reason.inspect} hops=#{hops.size}>"
    end

    # @return [String] the content; "" if the model called tools or refused instead
    # @example
    #   "#{draft}" # => "Hello!"
    def to_s
      content.to_s
    end

    private

    # The json library is loaded here, as that takes a third of the time to load this gem.
    def parsed_body
      require "json"
      JSON.parse(@completion.body, allow_nan: true, **READING)
    end

    def embedded_json
      raise NoJson, "#{model} wrote no text#{': it called tools' if tool_calls.any?}" unless content

      json, fault = Native.embedded_json(content)
      raise NoJson, "the answer of #{model} is no JSON: #{fault}#{CUT_OFF if finish_reason == 'length'}" unless json

      require "json"
      JSON.parse(json, **READING)
    rescue JSON::ParserError
      # Without the cause, which quotes.
      raise NoJson, "the answer of #{model} is no JSON that Ruby reads: has it more than 100 levels?", cause: nil
    end

    # Not {#raw}, whose money is a Float.
    def portable
      { content: content, refusal: refusal, reasoning: reasoning, tool_calls: tool_calls, finish_reason: finish_reason,
        native_finish_reason: native_finish_reason, model: model, requested_model: requested_model, endpoint: endpoint,
        provider: provider, id: id, generation_id: generation_id, usage: usage, cost_usd: cost_usd,
        cost_basis: cost_basis, fallback: fallback?, hops: hops }
    end
  end
end
