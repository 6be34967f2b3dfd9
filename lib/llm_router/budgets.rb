# frozen_string_literal: true

class LlmRouter
  # Several budgets as one: exhausted if any of them is, and all are charged. This is what
  # `budget: [organization_budget, feature_budget]` becomes.
  #
  # Rows ({Budget}) of one database are charged in one transaction, always in the same order so that
  # two charges cannot wait for each other. Budgets of your own are charged one by one.
  #
  # @example
  #   budget = LlmRouter::Budgets.new([LlmBudget.for(organization), LlmBudget.for(nil, feature: :chat)])
  class Budgets
    # Some of the budgets were charged and some were not, whose first error is the +cause+.
    class PartlyCharged < Error
      # @return [Budgets] those that are still to be charged, and only those
      attr_reader :left

      # @api private
      def initialize(left)
        super("charged, but for #{left.budgets.map { |budget| budget.class.name }.join(', ')}: " \
              "charge PartlyCharged#left again, not the whole")
        @left = left
      end
    end

    # @return [Array<#exhausted?, #charge!>] each once
    attr_reader :budgets

    # @param budgets [Array<#exhausted?, #charge!>]
    # @raise [ArgumentError] none at all
    def initialize(budgets)
      @budgets = budgets.flat_map { |budget| budget.is_a?(Budgets) ? budget.budgets : budget }.uniq.freeze
      raise ArgumentError, "budget: [] is none: give budgets, or LlmRouter::Unlimited" if @budgets.empty?

      freeze
    end

    # @return [Boolean] whether any of them is
    def exhausted?
      budgets.any?(&:exhausted?)
    end

    # @param cost_usd [BigDecimal] US dollars; each is charged the whole of it
    # @return [void]
    # @raise [PartlyCharged] where some were charged and others not
    # @raise [StandardError] a budget's own error, where none was charged
    def charge!(cost_usd)
      failed = parties.filter_map do |members, charge|
        charge.call(cost_usd)
        nil
      rescue StandardError => e
        [members, e]
      end
      return if failed.empty?
      raise failed.first.last if failed.size == parties.size

      raise PartlyCharged.new(Budgets.new(failed.flat_map(&:first))), cause: failed.first.last
    end

    # @return [Time, nil] when all of those that are exhausted now have money again; nil where one of
    #   them never has, or does not say
    def period_ends_at
      ends = budgets.select(&:exhausted?).map do |budget|
        budget.period_ends_at if budget.respond_to?(:period_ends_at)
      end
      ends.max unless ends.include?(nil)
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{budgets.inspect}>"
    end

    private

    # Those that are charged together, and how.
    def parties
      rows, others = budgets.partition { |budget| row?(budget) }
      together = rows.group_by { |budget| budget.class.connection_pool }.values
      together.map { |members| [members, ->(cost_usd) { Budget::Charge.new(members, cost_usd).make }] } +
        others.map { |budget| [[budget], budget.method(:charge!)] }
    end

    def row?(budget)
      defined?(ActiveRecord::Base) && budget.is_a?(ActiveRecord::Base) && budget.is_a?(Budget)
    end
  end
end
