# frozen_string_literal: true

require "llm_router"
require "rspec/core"
require "timeout"

# Checks a budget of your own that offers +reserve!+. Include it with a +budget+ that has a cap of 1 US dollar and
# nothing spent. The examples use it as the router does, from one thread and from several.
#
# @example
#   require "llm_router/testing/budget_examples"
#
#   RSpec.describe TeamBudget do
#     it_behaves_like "an LLM budget that reserves" do
#       let(:budget) { TeamBudget.create!(cap_usd: 1) }
#     end
#   end
RSpec.shared_examples "an LLM budget that reserves" do # rubocop:disable Metrics/BlockLength
  def usd(text)
    BigDecimal(text)
  end

  def fits?(text)
    budget.release!(budget.reserve!(usd(text), key: "probe-#{SecureRandom.uuid}"))
    true
  rescue LlmRouter::BudgetExceeded
    false
  end

  it "responds to all methods that the router calls" do
    expect(budget).to respond_to(:exhausted?, :charge!, :reserve!, :settle!, :release!)
  end

  it "reserves up to the cap, to the last digit" do
    budget.reserve!(usd("0.75"), key: "job/1")
    budget.reserve!(usd("0.25"), key: "job/2")
    expect { budget.reserve!(usd("1e-20"), key: "job/3") }.to raise_error(LlmRouter::BudgetExceeded)
  end

  it "refuses what does not fit, and may say what is left" do
    budget.reserve!(usd("0.75"), key: "job/1")
    expect { budget.reserve!(usd("0.5"), key: "job/2") }.to raise_error(LlmRouter::BudgetExceeded) do |error|
      expect([nil, usd("0.25")]).to include(error.left_usd)
    end
    expect(fits?("0.25")).to be(true)
  end

  it "charges what an attempt cost, and ends its reservation" do
    budget.settle!(budget.reserve!(usd("0.9"), key: "job/1"), usd("0.25"))
    expect([fits?("0.75"), fits?("0.7500001")]).to eq([true, false])
  end

  it "charges the full cost of an attempt that cost more than its reservation" do
    budget.settle!(budget.reserve!(usd("0.1"), key: "job/1"), usd("0.5"))
    expect([fits?("0.5"), fits?("0.5000001")]).to eq([true, false])
  end

  it "releases the reservation of an attempt that cost nothing" do
    budget.release!(budget.reserve!(1, key: "job/1"))
    expect(fits?("1")).to be(true)
  end

  it "counts charges without a reservation" do
    budget.charge!(usd("0.75"))
    expect([fits?("0.25"), fits?("0.2500001")]).to eq([true, false])
  end

  # Copies of a job that run at once have the same idempotency keys, and each may be on the wire.
  it "keeps a reservation when its key comes again" do
    first = budget.reserve!(usd("0.5"), key: "job/1")
    expect { budget.reserve!(usd("0.75"), key: "job/1") }.to raise_error(LlmRouter::BudgetExceeded)
    budget.settle!(budget.reserve!(usd("0.25"), key: "job/1"), usd("0.125"))
    expect([fits?("0.375"), fits?("0.3750001")]).to eq([true, false])
    budget.settle!(first, usd("0.25"))
    expect([fits?("0.625"), fits?("0.6250001")]).to eq([true, false])
  end

  it "reserves for no more attempts than fit, however many threads reserve at once" do
    gate = Queue.new
    threads = Array.new(12) do |n|
      Thread.new do
        gate.pop
        budget.reserve!(usd("0.2"), key: "job-#{n}/1")
      rescue LlmRouter::BudgetExceeded
        nil
      end
    end
    threads.size.times { gate.push(true) }
    reserved = Timeout.timeout(60) { threads.filter_map(&:value) }
    expect(reserved.size).to eq(5)
    reserved.each { |reservation| budget.settle!(reservation, usd("0.1")) }
    expect([fits?("0.5"), fits?("0.5000001")]).to eq([true, false])
  end
end
