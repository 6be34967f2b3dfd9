# frozen_string_literal: true

require "timeout"

class LlmRouter
  # Makes the messages of those candidates that have their own, and checks them, before a budget or the network is used.
  # @api private
  module CandidateMessages
    MAX_DEPTH = 100
    private_constant :MAX_DEPTH

    module_function

    # @param chain [Chain]
    # @param messages [Array<Hash>] the caller's, checked
    # @param request [String, nil] how errors name the request of call_all
    # @return [Array<Array(String, Array<Hash>)>, nil] for each such candidate its name in errors, and its messages; nil
    #   in the usual case that there is none
    # @raise [ArgumentError] what a callable raises or returns that cannot be sent
    def of(chain, messages, request = nil)
      return if chain.own_messages.empty?

      chain.own_messages.map do |own|
        place = [request, own.place, "messages"].compact.join(": ")
        made = made(own, copy(messages, place), place)
        Input.check_messages(made, place)
        [place, made]
      end
    end

    # @param requests [Array<Hash>] of call_all
    # @return [Array<Array>, nil] the same for each
    # @raise [ArgumentError]
    def of_all(chain, requests)
      return if chain.own_messages.empty?

      requests.each_with_index.map { |request, number| of(chain, request[:messages], "requests[#{number}]") }
    end

    # The message of the error may quote the prompt. A Timeout of the caller's is no fault of the callable.
    def made(own, messages, place)
      own.of(messages)
    rescue Timeout::Error
      raise
    rescue StandardError, ScriptError, SystemStackError => e
      raise ArgumentError, "#{place}: the callable raised a #{e.class}, which is the cause of this error"
    end

    # A copy for each candidate: what one changes, no other sees, nor the caller.
    def copy(value, place, depth = 0)
      too_deep(place) if depth > MAX_DEPTH

      case value
      when Hash then value.transform_values { |inner| copy(inner, place, depth + 1) }
      when Array then value.map { |inner| copy(inner, place, depth + 1) }
      when String then value.dup
      else value
      end
    end

    def too_deep(place)
      raise ArgumentError, "#{place}: nested deeper than #{MAX_DEPTH} levels; does it contain itself?"
    end

    private_class_method :made, :copy, :too_deep
  end
end
