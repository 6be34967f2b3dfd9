# frozen_string_literal: true

class LlmRouter
  # What a budget may know of an attempt whose money it reserves or charges: the +attempt:+ of
  # {Budget#reserve!} and {Budget#settle!}. Frozen.
  #
  # @!attribute [r] id
  #   @return [String] no other attempt has it
  # @!attribute [r] model
  #   @return [String] as the chain names it
  # @!attribute [r] endpoint
  #   @return [String]
  # @!attribute [r] job_id
  #   @return [String, nil] of the Active Job that makes the call
  # @!attribute [r] lease
  #   @return [Float, nil] seconds after which the attempt is surely over, though nobody said so; nil where
  #     nothing was reserved for it
  # @!attribute [r] generation_id
  #   @return [String, nil] once there was an answer that names it
  # @!attribute [r] cost_basis
  #   @return [Symbol, nil] how the cost is known that is charged now, as {Response#cost_basis}
  # @!attribute [r] prompt_tokens
  #   @return [Integer, nil] likewise
  # @!attribute [r] completion_tokens
  #   @return [Integer, nil] likewise
  Attempt = Struct.new(:id, :model, :endpoint, :job_id, :lease, :generation_id, :cost_basis, :prompt_tokens,
                       :completion_tokens, keyword_init: true) do
    include Portable

    # @api private
    def initialize(id: Native.uuid, **attributes)
      super(id: id, **attributes)
      freeze
    end

    # @return [Attempt] the same, with what has become known of it
    # @api private
    def with(**known)
      self.class.new(**to_h, **known)
    end
  end
end
