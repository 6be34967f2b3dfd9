# frozen_string_literal: true

class LlmRouter
  class RememberedAnswers
    # Answers in the table +llm_answers+, in the database of the budget's row; for other budgets, in that of
    # ActiveRecord::Base.
    # @api private
    class Table
      @models = {}

      class << self
        # @param budget [Object]
        # @return [Class] the model of the table
        # @raise [ConfigurationError]
        def of(budget)
          row = Budgets.new([budget]).budgets.find { |one| BudgetAddress.row?(one) }
          beside(row&.class)
        end

        # @param model [Class, nil] of a budget
        # @return [Class] the model of the table beside it
        # @raise [ConfigurationError]
        def beside(model)
          unless Object.const_defined?("ActiveRecord::Base")
            raise ConfigurationError, "remember_answers needs the table llm_answers, and there is no Active Record: " \
                                      "set config.answer_store to an ActiveSupport::Cache"
          end

          base = ActiveRecord::Base
          return below(base, "#{base.table_name_prefix}llm_answers#{base.table_name_suffix}") unless model

          below(Budget::Record.parent(model), model.table_name.sub(/budgets(?=\w*\z)/, "answers"))
        end

        private

        # A parent that is reloaded is another class.
        def below(parent, table)
          known = @models[[parent.name, table]]
          return known if known && known.superclass.equal?(parent)

          @models[[parent.name, table]] = Class.new(parent) do
            self.table_name = table
            define_singleton_method(:name) { "LlmAnswer" }
          end
        end
      end

      def initialize
        @used = {}
      end

      # @return [Row]
      def at(budget, key, job_id)
        model = self.class.of(budget)
        @used[model] = true
        Row.new(model, key, job_id)
      end

      # Also if this run made no call: an earlier one may have made it.
      # @return [void]
      def delete(job_id)
        models = @used.empty? ? everywhere : @used.keys
        models.each { |model| Row.new(model, nil, job_id).delete }
      end

      private

      def everywhere
        [*Budget.models, *(nil if Budget.models.empty?)].map { |model| self.class.beside(model) }.uniq
      end
    end
  end
end
