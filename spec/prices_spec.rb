# frozen_string_literal: true

RSpec.describe "A price at OpenRouter" do
  it "takes a model that no provider serves at max_price for too expensive, and calls the next" do
    constraint = { error_type: "constraint_filtered", constraint: { field: "max_price" } }
    gateway.answer("Hi")
    gateway.fail(Support::PRIMARY, status: 404, metadata: constraint)
    answers = Array.new(4) { ask }
    expect(answers.map(&:model)).to eq([Support::SECONDARY] * 4)
    expect(answers.map { |answer| reasons(answer.hops) }).to eq([[:too_expensive]] * 4)
    expect(answers.last.hops.first).to be_attempted.and have_attributes(status: 404)
    expect(log).to include("#{Support::PRIMARY} at openrouter failed: too_expensive (404)")
    gateway.fail(status: 404, metadata: constraint)
    expect { ask }.to raise_error(LlmRouter::ChainExhausted, /too_expensive \(404\)/)
  end
end
