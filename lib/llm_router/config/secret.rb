# frozen_string_literal: true

class LlmRouter
  # An API key that is masked in +inspect+, JSON, YAML and dumps.
  #
  # @example
  #   LlmRouter.config.api_key         # => [FILTERED]
  #   LlmRouter.config.api_key.reveal  # => "sk-or-…"
  class Secret
    MASK = "[FILTERED]"
    private_constant :MASK

    # @param text [String]
    def initialize(text)
      # A closure, because an instance variable is what dumpers and pretty-printers look for.
      @reveal = -> { text }
      freeze
    end

    # @return [String] the key itself
    def reveal
      @reveal.call
    end

    # @return [String] +"[FILTERED]"+
    def to_s
      MASK
    end
    alias inspect to_s

    # @api private
    def as_json(*)
      MASK
    end

    # @api private
    def to_json(*)
      %("#{MASK}")
    end

    # @api private
    def encode_with(coder)
      coder.scalar = MASK
      coder.tag = nil
    end

    # @raise [TypeError] always
    # @api private
    def marshal_dump
      raise TypeError, "an API key cannot be dumped"
    end
  end
end
