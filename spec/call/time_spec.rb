# frozen_string_literal: true

RSpec.describe LlmRouter, "and time" do
  # The first model has 0.3 s, the next its 20 s, however busy this machine is.
  def configure_impatient
    configure { |config| config.chain :default, [{ model: Support::PRIMARY, timeout: 0.3 }, Support::SECONDARY] }
  end

  it "gives up on a model that hangs after the timeout, and tries the next" do
    gateway.answer("Hi")
    gateway.hang(Support::PRIMARY)
    configure_impatient
    draft = nil
    expect(seconds { draft = ask }).to be_between(0.3, 15)
    expect(draft.hops.first).to have_attributes(reason: :timeout, status: nil, message: /within 0.300 s/)
    expect(draft.model).to eq(Support::SECONDARY)
  end

  it "measures by the wall clock: neither drips nor half an answer gain a model time", :slow do
    gateway.answer("Hi")
    [-> { gateway.drip(Support::PRIMARY, every: 0.05) }, -> { gateway.stall(Support::PRIMARY, after: :headers) },
     -> { gateway.stall(Support::PRIMARY, after: :body) }].each do |fault|
      fault.call
      configure_impatient
      draft = nil
      expect(seconds { draft = ask }).to be_between(0.3, 15)
      expect(reasons(draft.hops)).to eq([:timeout])
    end
  end

  it "leaves the floor model its turn when all before it hang", :slow do
    gateway.hang
    gateway.answer("Late but here", Support::FLOOR)
    draft = nil
    expect(seconds { draft = router(deadline: 3).call(messages: Support::MESSAGES) }).to be >= 1.9
    expect(draft.content).to eq("Late but here")
    expect(reasons(draft.hops)).to eq(%i[timeout timeout])
  end

  it "ends at the deadline, and says who was tried", :slow do
    gateway.hang
    error = nil
    hurried = router(deadline: 1.5)
    expect(seconds { error = failure_of { hurried.call(messages: Support::MESSAGES) } }).to be_between(1.5, 15)
    expect(error).to be_a(described_class::DeadlineExceeded).and be_a(described_class::ChainExhausted)
    expect(error.message).to match(/within 1.5 s \(the deadline\): #{Support::PRIMARY}: timeout; .*#{Support::FLOOR}/)
    expect(error.hops.size).to eq(3)
  end

  it "makes no attempt after the deadline, even where it was the budget that took the time" do
    gateway.answer("Hi")
    slow = Support::ChargingBudget.new
    def slow.exhausted? = sleep(0.2) && false
    configure
    error = failure_of { described_class.new(budget: slow, deadline: 0.1).call(messages: Support::MESSAGES) }
    expect(error).to be_a(described_class::DeadlineExceeded)
    expect(error.message).to include("no model was called in time")
    expect(gateway.requests).to be_empty
  end

  it "gives a candidate the time of its own" do
    gateway.answer("Hi")
    gateway.hang("slow/model")
    configure { |config| config.chain :default, [{ model: "slow/model", timeout: 0.2 }, "quick/model"] }
    expect(ask.hops.first.message).to include("within 0.200 s")
  end

  it "can do without a deadline" do
    gateway.answer("Hi")
    configure { |config| config.deadline = nil }
    expect(ask.content).to eq("Hi")
  end
end
