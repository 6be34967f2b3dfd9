# frozen_string_literal: true

class LlmRouter
  # The messages of one candidate, made from the caller's: by a callable, or with a system message of its own. Shows no
  # text of a prompt.
  # @api private
  class OwnMessages
    SYSTEM = %w[system developer].freeze
    private_constant :SYSTEM

    # @param given [Hash] of a candidate, with +system:+, +messages:+ or neither
    # @param place [String] how errors name the candidate
    # @return [OwnMessages, nil] nil for the caller's messages
    # @raise [ConfigurationError]
    def self.of(given, place)
      system, messages = given.values_at(:system, :messages)
      return if system.nil? && messages.nil?

      unless system.nil? || messages.nil?
        raise ConfigurationError, "#{place} has system: and messages:: give one of them. What messages: returns can " \
                                  "hold the system message"
      end
      new(place, messages.nil? ? with_system(system, place) : callable(messages, place))
    end

    def self.callable(messages, place)
      return messages if messages.respond_to?(:call) && takes_one?(messages)

      fault = messages.respond_to?(:call) ? "does not take one argument" : "is a #{messages.class}"
      raise ConfigurationError, "#{place} has messages: that #{fault}: give a callable that takes the messages of " \
                                "the call and returns others, such as ->(messages) { messages.last(5) }"
    end

    def self.takes_one?(callable)
      method = callable.respond_to?(:parameters) ? callable : callable.method(:call)
      kinds = method.parameters.map(&:first)
      # Such a block would take a list of messages apart.
      return kinds == [:opt] if callable.is_a?(Proc) && !callable.lambda?

      kinds.count(:req) <= 1 && kinds.intersect?(%i[req opt rest]) && !kinds.include?(:keyreq)
    end

    # The text is kept in a closure: dumpers and pretty-printers look for instance variables.
    def self.with_system(text, place)
      text = checked_text(text, place)
      lambda do |messages|
        [{ role: "system", content: text }, *messages.drop_while { |message| system?(message) }]
      end
    end

    def self.checked_text(text, place)
      fault = text.is_a?(String) ? text_fault(text) : "is a #{text.class}"
      return text.encode("UTF-8").freeze unless fault

      raise ConfigurationError, "#{place} has a system: that #{fault}: give the text of the system message"
    end

    def self.text_fault(text)
      utf8 = text.encode("UTF-8")
      utf8.valid_encoding? ? ("is blank" if utf8.strip.empty?) : "is not valid UTF-8"
    rescue EncodingError
      "is not valid UTF-8"
    end

    def self.system?(message)
      SYSTEM.include?((message[:role] || message["role"]).to_s)
    end
    private_class_method :new, :callable, :takes_one?, :with_system, :checked_text, :text_fault, :system?

    # @return [String] how errors name the candidate
    attr_reader :place

    def initialize(place, callable)
      @place = place
      @make = ->(messages) { callable.call(messages) }
      freeze
    end

    # @param messages [Array<Hash>] the caller's, or a copy
    # @return [Object] what the callable returns, unchecked
    def of(messages)
      @make.call(messages)
    end
  end
end
