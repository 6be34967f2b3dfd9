# frozen_string_literal: true

class LlmRouter
  # Tokens as the endpoint counted them; nil if it did not say.
  #
  # @!attribute [r] prompt_tokens
  #   @return [Integer, nil]
  # @!attribute [r] completion_tokens
  #   @return [Integer, nil]
  # @!attribute [r] total_tokens
  #   @return [Integer, nil]
  Usage = Struct.new(:prompt_tokens, :completion_tokens, :total_tokens) { include Portable }
end
