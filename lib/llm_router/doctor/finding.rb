# frozen_string_literal: true

class LlmRouter
  module Doctor
    # What a check has found.
    #
    # @!attribute [r] check
    #   @return [String] the name of the check, such as "key"
    # @!attribute [r] level
    #   @return [Symbol] +:green+, all is well; +:yellow+, it works, but may not one day; +:red+, it does not work
    # @!attribute [r] message
    #   @return [String] what is so, on one line, without anything secret
    # @!attribute [r] advice
    #   @return [String, nil] what to do
    # @!attribute [r] known
    #   @return [Boolean] false if that could not be found out
    Finding = Struct.new(:check, :level, :message, :advice, :known, keyword_init: true) do
      # @api private
      def initialize(message:, advice: nil, known: true, **rest)
        super(message: Finding.line(message), advice: advice && Finding.line(advice), known: known, **rest)
        freeze
      end

      # @api private
      def self.line(text)
        text.to_s.encode("UTF-8", invalid: :replace, undef: :replace).gsub(Setting::CONTROL, " ")
      end

      # @return [String] one line
      def to_s
        "#{level.name.ljust(6)} #{check}: #{message}#{". #{advice}" if advice}"
      end
    end
  end
end
