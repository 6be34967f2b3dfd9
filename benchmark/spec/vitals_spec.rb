# frozen_string_literal: true

require_relative "../soak/vitals"

RSpec.describe Soak::Vitals do
  # Over what it was before: [while the block's object is held, and when it is not any more].
  def growth
    GC.start
    before = described_class.memory
    held = yield
    during = described_class.memory
    held.clear
    GC.start
    [during - before, described_class.memory - before]
  end

  it "counts what is held, and not what malloc keeps for later" do
    expect(growth { Array.new(20_000) { "x" * 1000 } }).to match([be > 9_000, be < 2_000])
  end

  it "counts Ruby's objects" do
    expect(growth { Array.new(250_000) { Object.new } }.first).to be > 9_000
  end
end
