# frozen_string_literal: true

require_relative "record_helper"

RSpec.describe LlmRouter::CallRecord do
  let(:proxy) { LostReply.new(Databases.send(database)) }

  # Only the record goes through the proxy.
  def record_behind(proxy)
    stub_const("ProxiedRecord", Class.new(ActiveRecord::Base) { self.abstract_class = true })
    ProxiedRecord.establish_connection(proxy.config)
    record_calls(record_parent: "ProxiedRecord")
  end

  def record_calls(**settings)
    record_without_thread(**settings)
    gateway.answer("Hi", cost_usd: "0.001").fail(Support::PRIMARY, status: 503, times: 1)
  end

  def lose_reply_of_commit
    proxy.arm
    expect(described_class.flush).to be(false)
    expect(proxy).not_to be_armed
  end

  # @return [Array] calls, US dollars, rows of the statistics in five minutes, incidents
  def tables
    rows = described_class::Stat.model
    sums = rows.pluck(:calls, :cost_usd).transpose.map(&:sum)
    [*sums, rows.distinct.pluck(:model, :outcome).size, described_class::Incident.model.count]
  end

  %i[postgresql mariadb].each do |name|
    describe "on #{name}", database: name do
      let(:database) { name }

      after do
        ProxiedRecord.remove_connection
        proxy.stop
      end

      it "writes once what was committed when the connection broke before the reply" do
        record_behind(proxy)
        ask
        lose_reply_of_commit
        ask
        expect(described_class.flush).to be(true)
        expect(tables).to eq([2, usd("0.002"), 3, 1])
      end

      it "writes once what was committed, however often a reply is lost" do
        record_behind(proxy)
        3.times do
          ask
          lose_reply_of_commit
        end
        expect(described_class.flush).to be(true)
        expect(tables).to eq([3, usd("0.003"), 3, 1])
      end
    end
  end

  %i[postgresql mariadb sqlite].each do |name|
    describe "on #{name}", database: name do
      # As an interrupt, when the block of the thread that writes is done.
      def kill_after(object, method)
        allow(object).to receive(method).and_wrap_original do |original, *arguments, &block|
          writer = Thread.current
          original.call(*arguments, &block).tap { Thread.new { writer.kill }.join }
        end
      end

      it "writes once what was committed when its thread was killed" do
        record_calls
        ask
        allow(LlmRouter::CallRecord::Store).to receive(:new).and_wrap_original do |made, *arguments|
          made.call(*arguments).tap { |store| kill_after(store, :commit) }
        end
        Thread.new { described_class.flush }.join
        allow(LlmRouter::CallRecord::Store).to receive(:new).and_call_original
        ask
        expect(described_class.flush).to be(true)
        expect(tables).to eq([2, usd("0.002"), 3, 1])
      end

      it "loses nothing when its thread is killed before it writes" do
        record_calls
        ask
        allow(LlmRouter::CallRecord::Store).to receive(:new) { Thread.current.kill }
        Thread.new { described_class.flush }.join
        allow(LlmRouter::CallRecord::Store).to receive(:new).and_call_original
        expect(described_class.flush).to be(true)
        expect(tables).to eq([1, usd("0.001"), 2, 1])
      end

      it "says at the end of the process what a database that hangs kept it from writing" do
        record_calls
        2.times { ask }
        hanging = Thread::Queue.new
        allow(LlmRouter::CallRecord::Store).to receive(:new) { hanging.push(Thread.current) && Thread.stop }
        stub_const("LlmRouter::CallRecord::Recorder::EXIT_TIMEOUT", 0.1)
        described_class.recorder.finish
        hanging.pop.kill.join
        expect(log).to include("the record lacks 2 calls of this process")
      end
    end
  end
end
