# frozen_string_literal: true

require_relative "budget_helper"

RSpec.describe "LlmRouter::Budget, inside the caller's transaction on SQLite", database: :sqlite do
  let(:budget) { model.for(organization).tap { |made| made.update!(cap_usd: 1) } }

  it "refuses, before any money is spent" do
    gateway.answer("Hi", cost_usd: "0.5")
    @budget = budget
    refusal = [LlmRouter::Budget::InsideTransaction, /SQLite.*before or after/]
    rolled_back do
      expect { ask }.to raise_error(*refusal)
      expect { budget.charge!(1) }.to raise_error(*refusal)
      expect { model.for(nil) }.to raise_error(*refusal)
    end
    expect(gateway.requests).to be_empty
    expect(spent(budget)).to eq(0)
    ask
    expect(spent(budget)).to eq(usd("0.5"))
  end

  it "refuses in one that was begun by hand, and leaves what the app wrote in it" do
    budget
    connection.raw_connection.execute("BEGIN")
    organization.class.update_all(llm_cap_usd: 5)
    expect { budget.reserve!("0.5", key: "j") }.to raise_error(LlmRouter::Budget::InsideTransaction)
    connection.raw_connection.execute("COMMIT")
    expect(organization.reload.llm_cap_usd).to eq(5)
  end

  it "works in a test's own transaction, and refuses in one that the app opens there" do
    in_a_test do
      made = model.for(organization)
      LlmRouter::Budgets.new([made, model.for(nil)]).charge!("0.5")
      expect(spent(made)).to eq(usd("0.5"))
      expect { model.transaction { made.charge!(1) } }.to raise_error(LlmRouter::Budget::InsideTransaction)
    end
    expect(model.count).to eq(0)
  end
end
