# frozen_string_literal: true

class LlmRouter
  module Budget
    # What each budget was charged in a month, see {Budget.report}.
    class Report
      # What one budget was charged.
      #
      # @!attribute [r] budget
      #   @return [Budget]
      # @!attribute [r] spent_usd
      #   @return [BigDecimal] US dollars, in that month
      # @!attribute [r] attempts
      #   @return [Integer] how many attempts cost something
      Line = Struct.new(:budget, :spent_usd, :attempts)

      # @return [Range<Time>]
      attr_reader :period
      # @return [Array<Line>] the dearest first
      attr_reader :lines
      # @return [BigDecimal] US dollars: every attempt once, however many budgets paid for it
      attr_reader :total_usd

      # @api private
      def initialize(models, period)
        @period = period
        @lines = models.flat_map { |model| lines_of(model) }.sort_by { |line| -line.spent_usd }
        @total_usd = models.sum(BigDecimal(0)) { |model| model.spent(period: period) }
      end

      # @return [String] a table for a console
      def to_s
        [title, *lines.map { |line| row(line) }].join("\n")
      end

      private

      def title
        last = period.exclude_end? && period.end ? period.end - 1 : period.end
        "#{period.begin.to_date} to #{last&.to_date || 'now'}: #{total_usd.to_s('F')} USD"
      end

      def row(line)
        "#{line.spent_usd.to_s('F').rjust(14)} USD #{line.attempts.to_s.rjust(7)} attempts  " \
          "#{line.budget.scope_in_words}"
      end

      def lines_of(model)
        charges = model::Charge.where(created_at: period)
        sums = charges.group(:budget_id).sum(:cost_usd)
        attempts = charges.group(:budget_id).distinct.count(:attempt_id)
        model.unscoped.where(model.primary_key => sums.keys).map do |budget|
          Line.new(budget, sums.fetch(budget.id), attempts.fetch(budget.id))
        end
      end
    end
  end
end
