# frozen_string_literal: true

require_relative "budget_helper"

RSpec.describe "LlmRouter::Budget, upgraded from the plain row" do
  Databases::NAMES.each do |database|
    describe "on #{database}", database: database do
      before { change(:down) }
      after { change(:up) unless model.reserves? }

      def change(direction)
        ActiveRecord::Migration.suppress_messages do
          BudgetTable.send(:migration, "add_llm_reservations").migrate(direction)
        end
        [model, model::Charge, model::Reservation].each(&:reset_column_information)
      end

      it "works as before until then, and holds its cap from then on, with what was spent on record" do
        gateway.answer("Hi", cost_usd: "0.25")
        @budget = budget = model.for(organization)
        untouched = model.for(nil)
        budget.update!(cap_usd: "0.5")
        expect(budget.reserves?).to be(false)
        2.times { ask(max_tokens: 5) }
        expect { ask(max_tokens: 5) }.to raise_error(LlmRouter::BudgetExceeded, /is exhausted/)
        LlmRouter::Budgets.new([budget, untouched]).charge!("0.125")

        change(:up)
        budget = model.find(budget.id)
        expect(budget.charges.map { |charge| [charge.kind, charge.cost_usd] }).to eq([["opening", usd("0.625")]])
        budget.update!(cap_usd: 1)
        budget.settle!(budget.reserve!("0.375", key: "job/1"), "0.25")
        expect { budget.reserve!("0.25", key: "job/2") }.to raise_error(LlmRouter::BudgetExceeded, /0.125 USD are left/)
        expect(LlmRouter::Budget::Audit.new(model).differences).to eq([])
      end
    end
  end
end
