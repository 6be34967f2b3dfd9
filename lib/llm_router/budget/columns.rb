# frozen_string_literal: true

class LlmRouter
  module Budget
    # What an act reads of reservations and charges, and how it tells them apart in the rows of a join.
    # @api private
    module Columns
      RESERVATION = %w[id attempt_id usd expires_at model endpoint job_id].freeze
      CHARGE = %w[id attempt_id kind cost_usd period_started_on].freeze

      module_function

      # @param model [Class]
      # @param rows [Array<Hash>] as {Sql#read} selects them
      # @yieldparam budget [Budget]
      # @yieldparam reservations [Array<ActiveRecord::Base>]
      # @yieldparam charges [Array<ActiveRecord::Base>]
      # @yieldreturn [Object]
      # @return [Array] what the block made of each budget
      def split(model, rows)
        rows.group_by { |row| row.fetch(model.primary_key) }.each_value.map do |joined|
          own = joined.first.slice(*model.column_names)
          yield model.instantiate(own), records(model::Reservation, joined, "r", RESERVATION),
                records(model::Charge, joined, "c", CHARGE), own
        end
      end

      def records(model, rows, letter, columns)
        found = rows.map { |row| columns.to_h { |column| [column, row["#{letter}_#{column}"]] } }
        found.select { |attributes| attributes["id"] }.uniq { |attributes| attributes["id"] }
             .map { |attributes| model.instantiate(attributes) }
      end
    end
  end
end
