# frozen_string_literal: true

class LlmRouter
  # The bounds of an attempt's size, as computed from its request. See ext/core/src/request/bounds.rs.
  #
  # @!attribute [r] prompt_tokens
  #   @return [Integer, nil] an upper bound; nil if the prompt's text does not give one
  # @!attribute [r] completion_tokens
  #   @return [Integer, nil] an upper bound for all completions; nil without +max_tokens+
  # @!attribute [r] choices
  #   @return [Integer, nil] an upper bound for the number of completions
  # @!attribute [r] tier
  #   @return [String, nil] the service tier, if it is dearer than the standard one
  # @!attribute [r] extras
  #   @return [Boolean] whether it may cost more than its tokens do
  # @api private
  Bounds = Struct.new(:prompt_tokens, :completion_tokens, :choices, :tier, :extras)
  # Of a request for the standard service, whose size does not matter.
  Bounds::PLAIN = Bounds.new(0, 0, 1, nil, false).freeze
end
