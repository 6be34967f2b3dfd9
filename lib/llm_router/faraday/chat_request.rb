# frozen_string_literal: true

class LlmRouter
  # A request that a client made for the chat completions API.
  # @api private
  class ChatRequest
    PATH = %r{/chat/completions/?\z}
    # Of LlmRouter#call, and no parameters of the API.
    KEYWORDS = %w[accept feature tags headers].freeze
    # What the router decides itself.
    OURS = %w[messages model models stream stream_options].freeze
    ANSWERED = "The router answers POST /chat/completions alone."
    private_constant :PATH, :KEYWORDS, :OURS, :ANSWERED

    def initialize(env)
      @env = env
      @body = parse(env.body)
    end

    # @return [Boolean]
    def streams?
      (@body.is_a?(Hash) && @body["stream"] ? true : false) || !@env.request&.on_data.nil?
    end

    # @return [RefusalBody, nil] what is wrong, in the words of the API
    def fault
      return refuse(404, "Unknown request URL: #{verb} #{@env.url.path}. #{ANSWERED}", "unknown_url") unless path?
      return refuse(405, "Only POST requests are accepted, not #{verb}.", "method_not_allowed") unless verb == "POST"
      return refuse(400, "We could not parse the JSON body of your request: give an object.") unless @body.is_a?(Hash)

      streams? ? refuse_streaming : messages_fault
    end

    # @return [Array<Hash>]
    def messages
      @body["messages"]
    end

    # @return [String, nil]
    def model
      @body["model"]
    end

    # @return [Hash{Symbol => Object}] all other parameters
    def options
      @body.except(*OURS).transform_keys(&:to_sym)
    end

    private

    def parse(body)
      body = body.is_a?(Hash) ? JSON.generate(body) : body.to_s
      body = body.dup.force_encoding(Encoding::UTF_8) if body.encoding == Encoding::BINARY
      JSON.parse(body) if body.valid_encoding?
    rescue JSON::JSONError, EncodingError
      nil
    end

    def verb
      @env.method.to_s.upcase
    end

    def path?
      @env.url.path.to_s.match?(PATH)
    end

    def messages_fault
      unknown = KEYWORDS.find { |name| @body.key?(name) }
      return refuse(400, "Unrecognized request argument: #{unknown}", "unknown_parameter", unknown) if unknown

      Input.check(messages, options)
      nil
    rescue ArgumentError => e
      return refuse(400, e.message, "invalid_value") unless messages.nil?

      refuse(400, "Missing required parameter: 'messages'.", "missing_required_parameter", "messages")
    end

    def refuse_streaming
      refuse(400, "The router does not stream: leave stream out, or give another adapter for requests that stream, " \
                  "f.adapter :llm_router, stream: :net_http", "unsupported_value", "stream")
    end

    def refuse(status, message, code = nil, param = nil)
      RefusalBody.new(status, message, code: code, param: param)
    end
  end
end
