# frozen_string_literal: true

class LlmRouter
  module Budget
    # A statement that belongs into the transaction of a charge, such as the answer that is paid for.
    # @api private
    class Beside
      HERE = :llm_router_beside
      private_constant :HERE

      # @param model [Class] whose ledger it is for
      # @yieldparam beside [Beside, nil] what to write in the transaction; nil the second time, if that failed
      # @return [Object] what the block returns
      def self.of(model)
        beside = Thread.current[HERE]
        return yield(nil) unless beside&.belongs_to?(model)

        begin
          yield(beside).tap { beside.written }
        rescue ActiveRecord::StatementInvalid
          # The charge must not fail because of it.
          yield(nil)
        end
      end

      # @param model [Class] of the table
      # @yieldparam connection [ActiveRecord::ConnectionAdapters::AbstractAdapter]
      # @yieldparam condition [String, nil] of the INSERT
      # @yieldreturn [String] an INSERT
      def initialize(model, &statement)
        @model = model
        @statement = statement
        @written = false
      end

      # @yield a charge
      def during(&)
        FiberLocal.set(HERE, self, &)
      end

      # @return [Boolean] whether its table is in the database of a budget
      def belongs_to?(budget_model)
        !written? && @model.connection_pool.equal?(budget_model.connection_pool)
      end

      # @return [String]
      def sql(connection, condition = nil)
        @statement.call(connection, condition)
      end

      def written
        @written = true
      end

      # @return [Boolean]
      def written? = @written
    end
  end
end
