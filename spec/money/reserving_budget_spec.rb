# frozen_string_literal: true

require "llm_router/testing/budget_examples"

RSpec.describe Support::ReservingBudget do
  it_behaves_like "an LLM budget that reserves" do
    let(:budget) { described_class.new(cap: "1") }
  end
end
