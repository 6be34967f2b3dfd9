# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # What a budget was charged, to look at or as CSV.
    # @api private
    class Charges < Page
      include Paged

      KINDS = %w[cost computed estimate correction].freeze
      COLUMNS = %w[created_at kind cost_usd model endpoint prompt_tokens completion_tokens generation_id job_id
                   attempt_id tags].freeze
      # Rows of a CSV.
      MOST = 50_000
      private_constant :COLUMNS, :MOST

      def title = "Charges of #{budget.scope_in_words}"

      def answer
        @path["csv"] ? csv : super
      end

      # @return [Budget]
      # @raise [Problem]
      def budget
        @budget ||= Ledgers.find(*@path.values_at("model", "id"), environment) ||
                    raise(Problem.new(404, "There is no such budget."))
      end

      # @return [Hash{Symbol => String}]
      def filters
        @filters ||= { month: @params.month, kind: @params.one_of(:kind, KINDS), model: @params[:model],
                       job_id: @params[:job_id] }.compact
      end

      # @return [ActiveRecord::Relation]
      def found
        charges = budget.charges.where(filters.except(:month)).order(created_at: :desc, id: :desc)
        filters[:month] ? charges.where(created_at: Database::Period.range(filters[:month])) : charges
      end

      # @return [Array<String>]
      def months
        first = budget.charges.minimum(:created_at)
        [*(Months.since(first) if first), filters[:month]].compact.uniq.sort.reverse
      end

      # @return [String] the path of this budget's charges
      def path
        "/budgets/#{@path['model']}/#{@path['id']}"
      end

      private

      def csv
        rows = found.limit(MOST + 1).pluck(*COLUMNS)
        if rows.size > MOST
          raise Problem.new(422, "There are more than #{count(MOST)}: choose a month, a kind, a model or a job.")
        end

        name = ["charges", @path["id"], filters[:month]].compact.join("-")
        [200, Csv.write(COLUMNS, rows), { "content-type" => "text/csv; charset=utf-8; header=present",
                                          "content-disposition" => "attachment; filename=\"#{name}.csv\"" }]
      end
    end

    # The months that one may choose.
    # @api private
    module Months
      MOST = 36

      module_function

      # @param first [Time]
      # @return [Array<String>] the newest first
      def since(first)
        month = Database::Period.today.beginning_of_month
        zone = Database::Period.zone
        first = (zone ? first.in_time_zone(zone) : first).to_date
        Array.new(MOST) { |back| month << back }.take_while { |day| day.next_month > first }
             .map { |day| day.strftime("%Y-%m") }
      end
    end
  end
end
