# frozen_string_literal: true

class LlmRouter
  # The details of an attempt for a budget: the +attempt:+ of {Budget#reserve!} and {Budget#settle!}. Frozen.
  #
  # @!attribute [r] id
  #   @return [String] unique
  # @!attribute [r] model
  #   @return [String] as the chain names it
  # @!attribute [r] endpoint
  #   @return [String]
  # @!attribute [r] job_id
  #   @return [String, nil] of the Active Job that makes the call
  # @!attribute [r] lease
  #   @return [Float, nil] seconds until the lease of its reservation expires; nil if nothing was reserved
  # @!attribute [r] generation_id
  #   @return [String, nil] set once an answer has named it
  # @!attribute [r] cost_basis
  #   @return [Symbol, nil] the source of the cost that is charged, as {Response#cost_basis}
  # @!attribute [r] prompt_tokens
  #   @return [Integer, nil]
  # @!attribute [r] completion_tokens
  #   @return [Integer, nil]
  # @!attribute [r] tags
  #   @return [Hash{String => Object}, nil] of the call, see {LlmRouter.with}
  Attempt = Struct.new(:id, :model, :endpoint, :job_id, :lease, :generation_id, :cost_basis, :prompt_tokens,
                       :completion_tokens, :tags, keyword_init: true) do
    include Portable

    # @api private
    def initialize(id: Native.uuid, **attributes)
      super(id: id, **attributes)
      freeze
    end

    # @return [Attempt] a copy with more details
    # @api private
    def with(**known)
      self.class.new(**to_h, **known)
    end
  end
end
