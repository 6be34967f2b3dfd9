# frozen_string_literal: true

RSpec.describe LlmRouter::Progress do
  # A stream that is a terminal, or none, and says when something is written.
  def stream(tty)
    written = Queue.new
    Object.new.tap do |out|
      out.define_singleton_method(:tty?) { tty }
      out.define_singleton_method(:write) { |*texts| written << texts.join }
      out.define_singleton_method(:written) { written }
    end
  end

  def progress(out, **options, &) = described_class.of("checking", out: out, silent_for: 0, **options, &)

  it "shows on a terminal how far it is, and leaves nothing behind" do
    out = stream(true)
    result = progress(out, total: 3) do |shown|
      shown.step
      expect(out.written.pop).to match(/\A\r\e\[Kchecking \d of 3 \(\d s\)\z/)
      :done
    end
    expect(result).to eq(:done)
    last = nil
    last = out.written.pop until out.written.empty?
    expect(last).to eq("\r\e[K")
  end

  it "shows nothing in a pipe, whatever it takes" do
    out = stream(false)
    expect(progress(out, &:step)).to eq(1)
    expect(out.written).to be_empty
    expect(described_class.of("checking", out: Object.new) { :done }).to eq(:done)
  end

  it "shows nothing of what is done at once" do
    out = stream(true)
    described_class.of("checking", out: out, silent_for: 60, &:step)
    expect(out.written).to be_empty
  end

  it "ends with an error of the task" do
    out = stream(true)
    expect { progress(out) { raise "broken" } }.to raise_error("broken")
    expect(Thread.list.select { |thread| thread.backtrace.to_a.first.to_s.include?("progress.rb") }).to be_empty
  end
end
