# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Shows what a page finds, some rows at a time. No rows are counted: there may be very many.
    # @api private
    module Paged
      ROWS = 50

      # @return [Array<ActiveRecord::Base>]
      # @raise [Problem] there is no such page
      def shown
        @shown ||= begin
          rows = found.offset((@params.page - 1) * ROWS).limit(ROWS + 1).to_a
          if rows.empty? && @params.page > 1
            raise Problem.new(404,
                              "There is no page #{@params.page}: there are fewer.")
          end

          rows
        end
      end

      # @return [Array<ActiveRecord::Base>]
      def rows = shown.first(ROWS)

      # @return [Array<Array(String, Integer)>] name and number of the pages before and after
      def neighbours
        before = ["Newer", @params.page - 1] if @params.page > 1
        [before, (["Older", @params.page + 1] if shown.size > ROWS)].compact
      end
    end
  end
end
