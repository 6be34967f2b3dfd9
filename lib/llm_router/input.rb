# frozen_string_literal: true

class LlmRouter
  # What callers give, checked before a budget or the network is touched.
  # @api private
  module Input
    EXAMPLE = '{ role: "user", content: "Hi" }'
    private_constant :EXAMPLE

    module_function

    # @param options [Array<Symbol, String>] the names of what is given besides
    # @raise [ArgumentError]
    def check(messages, options, place, at = "messages")
      unless messages.is_a?(Array) && messages.any?
        raise ArgumentError, "#{at}: needs an Array with at least one Hash, such as [#{EXAMPLE}]"
      end

      messages.each_with_index { |message, index| check_message(message, at, index) }
      Setting.refuse_reserved!(options, place, ArgumentError)
    end

    # @param requests [Enumerable<Hash>]
    # @return [Array<Hash>]
    # @raise [ArgumentError]
    def list(requests)
      unless requests.is_a?(Enumerable) && !requests.is_a?(Hash)
        raise ArgumentError, "requests: a #{requests.class} is no list: give Hashes such as { messages: [#{EXAMPLE}] }"
      end

      requests.to_a.each_with_index { |request, index| check_request(request, "requests[#{index}]") }
    end

    def check_request(request, place)
      unless request.is_a?(Hash) && request.key?(:messages)
        raise ArgumentError, "#{place} needs messages: give a Hash such as { messages: [#{EXAMPLE}] }"
      end

      check(request[:messages], request.keys - [:messages], place, "#{place}[:messages]")
    end

    def check_message(message, place, index)
      return if message.is_a?(Hash) && (message[:role] || message["role"])

      fault = message.is_a?(Hash) ? "has no role" : "is a #{message.class}, not a Hash"
      raise ArgumentError, "#{place}[#{index}] #{fault}: give #{EXAMPLE}"
    end
  end
end
