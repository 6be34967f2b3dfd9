# frozen_string_literal: true

require "did_you_mean/levenshtein"

class LlmRouter
  # Checks the parameters of a chat completion request. Unknown parameters pass: the API may be newer than this list.
  # @api private
  module Parameters
    # Those of OpenRouter's schema ("ChatRequest" of its OpenAPI file) on 22 August 2026, and the kind of each value.
    # Parameters that the router sets itself are in {RESERVED}.
    KNOWN = {
      "cache_control" => :any, "debug" => :any, "frequency_penalty" => :number, "image_config" => :any,
      "logit_bias" => :any, "logprobs" => :flag, "max_completion_tokens" => :count, "max_tokens" => :count,
      "metadata" => :any, "min_p" => :number, "modalities" => :any, "parallel_tool_calls" => :flag,
      "plugins" => :any, "prediction" => :any, "presence_penalty" => :number, "prompt_cache_key" => :any,
      "prompt_cache_options" => :any, "provider" => :any, "reasoning" => :any, "reasoning_effort" => :any,
      "repetition_penalty" => :number, "response_format" => :any, "route" => :any, "seed" => :integer,
      "service_tier" => :any, "session_id" => :any, "stop" => :any, "stop_server_tools_when" => :any,
      "stream_options" => :any, "temperature" => :number, "tool_choice" => :any, "tools" => :any, "top_a" => :number,
      "top_k" => :integer, "top_logprobs" => :integer, "top_p" => :number, "trace" => :any, "user" => :any
    }.freeze

    # Those of its embeddings API that are no others', on 27 November 2026.
    EMBEDDINGS = { "dimensions" => :count, "encoding_format" => :any, "input_type" => :any }.freeze
    private_constant :EMBEDDINGS

    # The same by the key that a caller gives, which is a Symbol or a String.
    GIVEN = KNOWN.merge(EMBEDDINGS).then { |known| known.merge(known.transform_keys(&:to_sym)) }.freeze
    NAMES = [*KNOWN.keys, *EMBEDDINGS.keys].freeze
    private_constant :GIVEN, :NAMES

    NONE = {}.freeze
    private_constant :NONE

    # Those of other gateways whose names are close to one above.
    ELSEWHERE = { "min_tokens" => true, "top_n" => true }.freeze

    # Other APIs' names for some of the above, which OpenRouter would drop silently.
    SYNONYMS = { "max_output_tokens" => "max_tokens", "max_new_tokens" => "max_tokens", "num_predict" => "max_tokens",
                 "stop_sequences" => "stop" }.freeze

    # Parameters that the router sets itself, and why a caller cannot.
    RESERVED = {
      "model" => "model cannot be given: the chain names the models",
      "models" => "models cannot be given: OpenRouter's own fallback is replaced by the chain",
      "stream" => "stream cannot be given: streaming is not supported",
      "messages" => "messages cannot be given: they are an argument of their own"
    }.freeze

    # Settings of the router, and where each belongs.
    MISPLACED = {
      "timeout" => "it to LlmRouter.new(timeout: 20), to one model of a chain ({ model: \"…\", timeout: 20 }), or to " \
                   "all as config.timeout",
      "deadline" => "it to LlmRouter.new(deadline: 60), or to all as config.deadline",
      "chain" => "it to LlmRouter.new(chain: :default)",
      "budget" => "it to LlmRouter.new(budget: budget)",
      "concurrency" => "it to call_all(requests, concurrency: 64)",
      "accept" => "it to a call (accept: ->(response) { … })",
      "context" => "it with a request of call_all; its result returns it",
      "headers" => "them to a call (headers: { … }), to config.endpoint, or to all as config.headers",
      "hedge" => "it to config.chain (hedge: { after: 8 })",
      "retries" => "it to one model of a chain ({ model: \"…\", retries: 1 }), or to the last as config.retries",
      "max_wait" => "it to all as config.max_wait",
      "endpoint" => "it to one model of a chain ({ model: \"…\", endpoint: :groq })",
      "system" => "it as a message ({ role: \"system\", content: \"…\" }), or to one model of a chain " \
                  "({ model: \"…\", system: \"…\" })",
      "params" => "each parameter by itself, such as max_tokens: 200"
    }.to_h do |name, where|
      [name, "#{name} #{name == 'headers' ? 'are' : 'is'} no parameter of the API: give #{where}"]
    end.freeze

    KINDS = {
      count: ["a whole number from 1 on, such as 200", ->(value) { whole?(value) && value.positive? }],
      integer: ["a whole number, such as 7", ->(value) { whole?(value) }],
      number: ["a number, such as 0.2", ->(value) { value.is_a?(Numeric) }],
      flag: ["true or false", ->(value) { [true, false].include?(value) }]
    }.freeze
    private_constant :KINDS

    module_function

    # @param parameters [Hash{Symbol, String => Object}]
    # @param error [Class] to raise
    # @yieldreturn [String] how the error names their place
    # @return [void]
    # @raise [StandardError] the given error, for a parameter that cannot be sent
    def check(parameters, error)
      parameters.each do |key, value|
        kind = GIVEN[key]
        wrong = kind ? fault(key, kind, value) : unknown_fault(name_of(key), value)
        raise error, "#{yield}: #{wrong}" if wrong
      end
    end

    # @param parameters [Hash{Symbol, String => Object}]
    # @return [Hash{String => String}] misspelt names, and what was probably meant
    def misspelt(parameters)
      return NONE unless parameters.any? { |key, _| !GIVEN.key?(key) }

      unknown = parameters.keys.map { |key| name_of(key) }.reject { |name| GIVEN.key?(name) || ELSEWHERE.key?(name) }
      unknown.to_h { |name| [name, meant(name)] }.compact
    end

    def name_of(key)
      name = key.is_a?(Symbol) ? key.name : key.to_s
      name.ascii_only? ? name : name.encode("UTF-8")
    end

    # A key that is neither a Symbol nor a plain String may still be a known one.
    def unknown_fault(name, value)
      kind = GIVEN[name]
      kind ? fault(name, kind, value) : RESERVED[name] || MISPLACED[name]
    end

    # The value stays out of the message: it may be a misplaced prompt.
    def fault(key, kind, value)
      return if kind == :any || value.nil?

      wanted, fits = KINDS.fetch(kind)
      return if fits.call(value)

      "#{name_of(key)} is #{value.is_a?(Numeric) ? value : "a #{value.class}"}: give #{wanted}"
    end

    def whole?(value)
      value.is_a?(Integer) || (value.is_a?(Numeric) && value.real? && value.finite? && value == value.to_i)
    end

    # @return [String, nil]
    def meant(name)
      plain = squeeze(name)
      SYNONYMS[name] || NAMES.find { |known| squeeze(known) == plain } || closest(name)
    end

    # At most one letter off in a short name, two in a long one. A name such as "n" is close to none.
    def closest(name)
      return if name.length < 4

      distances = NAMES.to_h { |known| [known, DidYouMean::Levenshtein.distance(known, name.downcase)] }
      known, distance = distances.min_by(&:last)
      known if distance <= (known.length < 8 ? 1 : 2)
    end

    # Without case, dashes and plural.
    def squeeze(name)
      name.downcase.delete("^a-z0-9").delete_suffix("s")
    end

    private_class_method :name_of, :fault, :unknown_fault, :whole?, :meant, :squeeze, :closest
  end
end
