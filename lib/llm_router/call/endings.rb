# frozen_string_literal: true

class LlmRouter
  # How a call ends without an answer: the error, and what it says.
  # @api private
  module Endings
    def rejected(body)
      hop = @hops.last
      words = ": #{hop.message}" if @config.log_messages
      message = "#{hop.model} rejected the request: #{hop.why}#{words}. " \
                "The answer blames the request, so no further candidate was tried. Fix the request"
      raise RequestRejected.new(message, hops: hops, status: hop.status, body: body, model: hop.model)
    end

    # Where the last word was that the budget has no room for a model, money is what is missing.
    def exhausted
      last = @hops.reject { |hop| hop.reason == :skipped }.last
      too_expensive if last&.reason == :too_expensive && !last.attempted?
      nothing_said if nothing_said?

      raise ChainExhausted.new("no model of #{@chain} answered: #{summary}", hops: hops)
    end

    def deadline_exceeded
      tried = @hops.empty? ? "no model was asked in time" : summary
      message = "no model of #{@chain} answered within #{@deadline} s (the deadline): #{tried}"
      raise DeadlineExceeded.new(message, hops: hops)
    end

    private

    def nothing_left(model)
      error = Unscheduled.run do
        budget = @budget.is_a?(Budgets) ? @budget.exhausted || @budget : @budget
        ends_at = budget.period_ends_at if budget.respond_to?(:period_ends_at)
        BudgetExceeded.new(budget: budget, period_ends_at: ends_at)
      end
      budget_exceeded(model, "is exhausted", error.details)
    end

    def too_expensive
      basis = @spending.refused.basis
      known = { **@spending.refusal.details, needed_usd: @spending.refused.usd }
      budget_exceeded(@hops.last.model, "has no room", known, (" (#{basis})" if basis))
    end

    def budget_exceeded(model, how, known, basis = nil)
      message = "the budget #{how}, #{so_far}: #{BudgetExceeded.new(**known).in_words}#{basis}"
      error = BudgetExceeded.new(message, hops: hops, **known)
      @telemetry.budget_exceeded(model, error)
      raise error
    end

    # Whether blank answers were bought, and no failure was one that passes: another run would buy them again.
    def nothing_said?
      @hops.any? { |hop| hop.reason == :blank } && @hops.none?(&:transient?)
    end

    def nothing_said
      hop = @hops.reverse_each.find { |failed| failed.reason == :blank }
      message = "no model of #{@chain} said anything: #{summary}. The same request would buy the same again: " \
                "raise max_tokens, or change what a filter stopped"
      raise NothingSaid.new(message, hops: hops, status: hop.status, model: hop.model)
    end

    def so_far
      @hops.none?(&:attempted?) ? "so no model was asked" : "after #{summary}"
    end

    def summary
      @hops.map { |hop| "#{hop.model}: #{hop.why}" }.join("; ")
    end
  end
end
