# frozen_string_literal: true

class LlmRouter
  # Checks the arguments of a call before it uses a budget or the network.
  # @api private
  module Input
    EXAMPLE = '{ role: "user", content: "Hi" }'
    # What a request of a batch has beside the options of the API.
    OURS = [:messages, :context, :accept, "accept", :feature, :tags, :headers, "headers"].freeze
    LABELS = [:feature, :tags, "feature", "tags"].freeze
    UNSENT = [*LABELS, :accept, "accept"].freeze
    HEADERS = [:headers, "headers"].freeze
    private_constant :EXAMPLE, :LABELS, :UNSENT, :HEADERS

    module_function

    # @param options [Hash{Symbol, String => Object}]
    # @param number [Integer, nil] the request's, of call_all
    # @raise [ArgumentError]
    def check(messages, options, number = nil)
      check_messages(messages, number ? "requests[#{number}][:messages]" : "messages")
      Parameters.check(options, ArgumentError) { number ? "requests[#{number}]" : "call" }
    end

    # @param place [String] how errors name them
    # @raise [ArgumentError]
    def check_messages(messages, place)
      unless messages.is_a?(Array) && messages.any?
        raise ArgumentError, "#{place}: needs an Array with at least one Hash, such as [#{EXAMPLE}]"
      end

      messages.each_with_index { |message, index| check_message(message, index, place) }
    end

    # @param requests [Enumerable<Hash>]
    # @param input [Module] that checks each: this, or {EmbeddingInput}
    # @return [Array<Hash>] a copy, as the caller's list may change meanwhile
    # @raise [ArgumentError]
    def list(requests, input = self)
      unless requests.is_a?(Enumerable) && !requests.is_a?(Hash)
        raise ArgumentError, "requests: a #{requests.class} is no list: give Hashes such as { messages: [#{EXAMPLE}] }"
      end

      requests.to_a.dup.each_with_index { |request, number| input.check_request(request, number) }
    end

    # @param requests [Array<Hash>]
    # @param chain [Chain] that they are sent to
    # @return [Array<Hash>] without their labels and accept, which are not sent, and with checked headers
    # @raise [ArgumentError]
    def sent(requests, chain)
      requests.each_with_index.map do |request, number|
        request = request.except(*UNSENT) if UNSENT.any? { |name| request.key?(name) }
        next request unless HEADERS.any? { |name| request.key?(name) }

        headers = chain.headers_of(given(request, :headers), "requests[#{number}]: headers")
        request.except(*HEADERS).merge(headers: headers)
      end
    end

    # @param request [Hash] of a batch
    # @return [Labels]
    # @raise [ArgumentError]
    def labels(request)
      Labels.current.and(given(request, :feature), given(request, :tags))
    end

    # @param request [Hash] whose keys are Symbols or Strings
    # @param name [Symbol]
    def given(request, name)
      request.fetch(name) { request[name.name] }
    end

    def check_request(request, number)
      unless request.is_a?(Hash) && request.key?(:messages)
        raise ArgumentError, "requests[#{number}] needs messages: give a Hash such as { messages: [#{EXAMPLE}] }"
      end

      check(request[:messages], request.except(*OURS), number)
      labels(request)
    rescue ArgumentError => e
      raise e.message.start_with?("requests[") ? e : ArgumentError.new("requests[#{number}]: #{e.message}")
    end

    def check_message(message, index, place)
      return if message.is_a?(Hash) && (message[:role] || message["role"])

      fault = message.is_a?(Hash) ? "has no role" : "is a #{message.class}, not a Hash"
      raise ArgumentError, "#{place}[#{index}] #{fault}: give #{EXAMPLE}"
    end
  end
end
