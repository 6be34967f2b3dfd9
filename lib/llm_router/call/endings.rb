# frozen_string_literal: true

class LlmRouter
  # How a call ends without an answer: raises an error that says why.
  # @api private
  module Endings
    # @param model [String] the one that rejected the request
    # @param body [String, nil] of its answer
    def rejected(model, endpoint, body)
      hop = last_hop(model, endpoint)
      words = ": #{hop.message}" if @config.log_messages
      message = "#{hop.model} rejected the request: #{hop.why}#{words}. " \
                "The answer blames the request, so no further candidate was tried. Fix the request"
      raise RequestRejected.new(message, **so_far, status: hop.status, body: body, model: hop.model)
    end

    # @param body [String, nil] of the answer; nil if no request was sent
    # @param sizes [Array(Integer, Integer, Integer)] tokens: of the prompt, as the endpoint says (or nil); the least it
    #   has; of the largest window that is known (or nil)
    def too_long(model, endpoint, body, sizes)
      named, least, largest = sizes
      hop = last_hop(model, endpoint)
      words = ": #{hop.message}" if @config.log_messages || !hop.attempted?
      how_long = named ? "about #{named}" : "at least #{[least, 1].max}"
      how_large = largest ? "the largest window that is known takes #{largest}" : "the window of none is known"
      message = "the prompt is too long for #{hop.model} (#{hop.why})#{words}. It has #{how_long} tokens; no other " \
                "model of #{@chain} is known to be larger, and #{how_large}. Shorten it, or add one with a larger " \
                "window (context: says how large one is)"
      raise RequestRejected.new(message, **so_far, status: hop.status, body: body, model: hop.model)
    end

    # If the last candidate did not fit the budget, money is what is missing.
    def exhausted
      last = @hops.reject { |hop| %i[skipped switched_off].include?(hop.reason) }.last
      too_expensive if last&.reason == :too_expensive && !last.attempted?
      unacceptable if responses.any?
      nothing_said if nothing_said?

      raise ChainExhausted.new("no model of #{@chain} answered: #{summary}", **so_far)
    end

    def deadline_exceeded
      tried = @hops.empty? ? "no model was called in time" : summary
      message = "no model of #{@chain} answered within #{@deadline} s (the deadline): #{tried}"
      raise DeadlineExceeded.new(message, **so_far)
    end

    private

    # Where a call hedges, another attempt may have ended after the one that ends the call.
    def last_hop(model, endpoint)
      @hops.reverse_each.find { |hop| hop.model == model && hop.endpoint.to_s == endpoint }
    end

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
      message = "the budget #{how}, #{tried}: #{BudgetExceeded.new(**known).in_words}#{basis}"
      error = BudgetExceeded.new(message, **so_far, **known)
      @telemetry.budget_exceeded(model, error)
      raise error
    end

    def unacceptable
      words = " (#{@hops.reverse_each.find { |hop| hop.reason == :unacceptable }.message})" if @config.log_messages
      message = "no answer of #{@chain} was accepted: #{summary}#{words}. What was refused is paid for, and in " \
                "Unacceptable#responses: take one, or change the request or accept"
      raise Unacceptable.new(message, **so_far)
    end

    # Whether there were blank answers and no transient failures: another run would pay for blank answers again.
    def nothing_said?
      @hops.any? { |hop| hop.reason == :blank } && @hops.none?(&:transient?)
    end

    def nothing_said
      hop = @hops.reverse_each.find { |failed| failed.reason == :blank }
      message = "every answer of #{@chain} was blank: #{summary}. The same request would cost the same again: " \
                "raise max_tokens, or change what a filter stopped"
      raise NothingSaid.new(message, **so_far, status: hop.status, model: hop.model)
    end

    def tried
      @hops.none?(&:attempted?) ? "so no model was called" : "after #{summary}"
    end

    def summary
      @hops.map { |hop| "#{hop.model}: #{hop.why}" }.join("; ")
    end
  end
end
