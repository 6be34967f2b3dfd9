# frozen_string_literal: true

class LlmRouter
  # What differs between the APIs that a call may be for.
  #
  # @!attribute [r] field
  #   @return [Symbol] of what is sent
  # @!attribute [r] operation
  #   @return [String] as events name it
  # @!attribute [r] answer
  #   @return [Class] what a call returns
  # @!attribute [r] least_tokens
  #   @return [Integer] the fewest tokens that an answer is billed for, beside those of the prompt
  # @api private
  Api = Struct.new(:field, :operation, :answer, :least_tokens, keyword_init: true)

  class Api
    CHAT = new(field: :messages, operation: "chat", answer: Response, least_tokens: 1).freeze
    EMBEDDINGS = new(field: :input, operation: "embeddings", answer: Embeddings, least_tokens: 0).freeze
  end
end
