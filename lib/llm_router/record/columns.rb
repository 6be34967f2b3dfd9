# frozen_string_literal: true

class LlmRouter
  module CallRecord
    # The columns of +llm_call_stats+. All but the key add up, over any rows.
    #
    # A call is counted in one row, with the model that answered (or ""), under the outcome of its event, or under
    # "remembered" if an earlier run of its job got the answer. Each of its
    # hops is counted in a row of the hop's model, under {ABSORBED} if a later candidate answered, else under {LOST}.
    # @api private
    module Columns
      # Seconds.
      SLOT = 300
      KEY = %i[starts_at chain feature environment model outcome].freeze

      # Outcomes of hops.
      ABSORBED = "absorbed"
      LOST = "lost"
      # A cost that became known after its call.
      SETTLED = "settled"

      # Reasons of failed attempts that the same request may not have again.
      TRANSIENT = %i[rate_limited unavailable timeout connection bad_answer].freeze
      # Reasons of failed attempts. +no_provider+: none serves the model at the reserved price.
      FAILURES = [*TRANSIENT, :blank, :unacceptable, :model_not_found, :unauthorized, :insufficient_credits, :moderated,
                  :rejected, :too_long, :no_provider].freeze
      # Reasons of candidates that were not called. +no_window+: the prompt is too long for it, or that is not known.
      SKIPS = (Hop::SKIPS - [:too_long] + [:no_window]).freeze
      # The columns of reasons that an attempt and a skip may have.
      ATTEMPTED = { too_expensive: :no_provider }.freeze
      SKIPPED = { too_long: :no_window }.freeze
      # +hedged+: an attempt that was dropped, because another answered first.
      REASONS = [*FAILURES, *SKIPS, :hedged].freeze
      HOPS = REASONS.to_h { |reason| [reason, :"hops_#{reason}"] }.freeze

      # The upper ends of the histogram, in milliseconds; the last is open.
      BOUNDS = [100, 250, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000].freeze
      TOOK = [*BOUNDS.map { |bound| :"took_#{bound}" }, :took_more].freeze

      # +fallbacks+: calls answered after a hop. +troubled+: calls in which a model failed or was cooling down.
      # +milliseconds+: of the calls, or of the attempts of hops.
      COUNTS = [:calls, :fallbacks, :troubled, *HOPS.values, :prompt_tokens, :completion_tokens, :milliseconds, *TOOK,
                :incidents_dropped].freeze
      # +cost_usd+: what is known to be billed. +charged_usd+: the part of it that rows of the ledger are charged.
      # +estimated_usd+: what is charged for answers without a bill.
      MONEY = %i[cost_usd charged_usd estimated_usd].freeze

      module_function

      # @param hop [Hop]
      # @return [Symbol]
      def reason(hop)
        (hop.attempted? ? ATTEMPTED : SKIPPED).fetch(hop.reason, hop.reason)
      end
    end
  end
end
