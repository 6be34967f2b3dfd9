# frozen_string_literal: true

require_relative "requests"

module Failover
  # How a router has to behave, whatever the primary does.
  class Conduct
    # Seconds after the start of a cooldown within which requests that had been on their way may arrive.
    GRACE = 0.5
    # What each check wants, for who reads the table.
    RULES = {
      "hammering" => "a failing primary gets at most its first failures, and those on their way, within any second",
      "attempts" => "a call sends a model one request, and after its Retry-After one more for each retry of its rung",
      "probes" => "a primary that cools down gets no request, and then one probe at a time",
      "back" => "the primary answers again within 30 s (--quick: 5) after it has recovered",
      "money" => "what was billed is what was charged, each paid answer once, and what responses and hops say",
      "words" => "each hop has its reason in the log and in an event"
    }.freeze

    # @param stage [Stage]
    # @param rung [Hash] the primary's
    # @param threads [Integer] that called at the same time
    # @param back [Float] seconds until the primary answered again
    def initialize(stage, rung:, threads:, back:)
      @stage = stage
      @retries = rung.fetch(:retries, 0)
      @threads = threads
      @back = back
      @outcomes = stage.outcomes
      @primary = Requests.new(stage.primary)
      @backup = Requests.new(stage.backup)
    end

    # @return [Hash{String => String, nil}] what is wrong, by the rule's name
    def faults
      RULES.keys.to_h { |name| [name, public_send(name)] }
    end

    def hammering
      bound = LlmRouter.config.cooldown_after + @threads - 1 + @retries
      failed = @outcomes.select { |outcome| outcome.hops.any? { |hop| failure_of_primary?(hop) } }
      most = @primary.most_failures_in_a_second(failed.map(&:number))
      "#{most} failing requests in a row within a second, #{bound} at most" if most > bound
    end

    def attempts
      # The last rung has a retry of its own.
      sent = { @primary => 1 + @retries, @backup => 2 }.find { |requests, bound| requests.most_of_a_call > bound }
      return "a call sent a model #{sent.first.most_of_a_call} requests, #{sent.last} at most" if sent

      "a call was in a hurry: it did not wait for the Retry-After" if @outcomes.any? { |outcome| hurried?(outcome) }
    end

    def probes
      cooldowns = @stage.observer.cooldowns
      [*cooldowns, nil].each_cons(2).filter_map { |one, following| early(one) || probes_after(one, following) }.first
    end

    def back
      "not within #{@stage.profile.back_within} s" if @back > @stage.profile.back_within
    end

    def money
      billed = @stage.primary.billed_usd + @stage.backup.billed_usd
      charged = @stage.budget.charges
      return if charged.sort == said.sort && charged.sum == billed

      "billed #{billed.to_s('F')}, charged #{charged.sum.to_s('F')} in #{charged.size}, said #{said.sum.to_s('F')}"
    end

    def words
      hops = @outcomes.flat_map(&:hops)
      silent = hops.map(&:to_s).uniq.reject { |line| @stage.observer.log.include?(line) }
      return "not in the log: #{silent.first}" if silent.any?

      "#{@stage.observer.hops.size} hops in events, of #{hops.size}" if @stage.observer.hops.tally != hops.tally
    end

    private

    def failure_of_primary?(hop)
      hop.endpoint == "primary" && hop.attempted?
    end

    def hurried?(outcome)
      hop = outcome.hops.find { |given| failure_of_primary?(given) }
      hop&.retry_after && @primary.until_retry(outcome.number)&.<(hop.retry_after)
    end

    # US dollars that responses and hops cost.
    def said
      @outcomes.flat_map { |outcome| [outcome.response, *outcome.hops] }.filter_map { |part| part&.cost_usd }
               .reject(&:zero?)
    end

    def early(cooldown)
      ends_at = [cooldown.at + cooldown.seconds - 0.05, answered_after(cooldown.at)].min
      count = @primary.between(cooldown.at + GRACE, ends_at)
      "#{count} requests while the primary cooled down" if count.positive?
    end

    # Where a probe failed, which starts the next cooldown.
    def probes_after(cooldown, following)
      return if following.nil? || answered_after(cooldown.at) < following.at

      count = @primary.between(cooldown.at + GRACE, following.at + GRACE)
      "#{count} probes after one cooldown" if count > 1
    end

    # When the primary first answered after a moment, which ends a cooldown.
    def answered_after(moment)
      @outcomes.select { |outcome| outcome.answered_by == :primary }.map(&:ended_at).select { |at| at > moment }.min ||
        Float::INFINITY
    end
  end
end
