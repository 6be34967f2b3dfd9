# frozen_string_literal: true

class LlmRouter
  # Makes a {Response}, or {Embeddings}, with the hop of an attempt that was dropped for it.
  # @api private
  module WithHops
    # @param hops [Array<Hop>]
    # @param fallback [Boolean] whether a model after the first one answered
    # @return [Response]
    def with_hops(hops, fallback:)
      dup.tap { |copy| copy.complete(hops, fallback) }
    end

    protected

    def complete(hops, fallback)
      @hops = hops
      @fallback = fallback
      freeze
    end
  end
end
