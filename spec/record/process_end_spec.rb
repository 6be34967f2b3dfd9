# frozen_string_literal: true

require_relative "record_helper"

# What a process has counted is written when it ends, within a second, however it ends.
RSpec.describe LlmRouter::CallRecord::Recorder, "at the end of a process", database: :sqlite do
  # A program that makes a call and ends in its own way. A busy machine takes more than a second for that.
  def program(ending, database: connection.pool.db_config.database, exit_timeout: 60)
    output_of(<<~RUBY)
      require "active_record"
      require "llm_router"
      ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: #{database.inspect})
      LlmRouter.configure do |config|
        config.base_url = #{gateway.base_url.inspect}
        config.api_key = "test-key"
        config.logger = Logger.new($stdout)
        config.record_calls = true
        config.chain :default, #{Support::CHAIN.inspect}
      end
      LlmRouter::CallRecord::Recorder.send(:remove_const, :EXIT_TIMEOUT)
      LlmRouter::CallRecord::Recorder::EXIT_TIMEOUT = #{exit_timeout}
      # What the program is about, and no thread that is faster.
      LlmRouter::CallRecord::Recorder.prepend(Module.new { def work = sleep })
      ask = -> { LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Hi" }]) }
      #{ending}
    RUBY
  end

  before { gateway.answer("Hi", cost_usd: "0.001") }

  def calls = described_class.module_parent::Stat.model.sum(:calls)

  { "returns, as rails runner does" => "ask.call",
    "exits" => "ask.call; exit 3",
    "raises" => "ask.call; $stderr.reopen(File::NULL); raise 'no'",
    "is told to end, as Puma and Sidekiq are" => "ask.call; $stderr.reopen(File::NULL); Process.kill(:TERM, $$); sleep",
    "is a fork that returns, as Solid Queue's workers do" => "Process.wait(fork { ask.call })",
    "has called before it forks, and in the fork" => "Process.wait(fork { ask.call; exit!(0) } ); ask.call" }
    .each do |how, ending|
    it "writes when it #{how}" do
      program(ending)
      expect(calls).to eq(1)
    end
  end

  it "counts a parent's calls once when its forks end" do
    program("ask.call; 2.times { Process.wait(fork { nil }) }; Process.wait(fork { ask.call })")
    expect(calls).to eq(2)
  end

  it "ends within a second all the same when the database is away, and says what is missing" do
    ending = "ask.call; puts Process.clock_gettime(Process::CLOCK_MONOTONIC)"
    output = program(ending, database: File.join(Dir.mktmpdir, "none", "none.sqlite3"), exit_timeout: 1)
    took = Process.clock_gettime(Process::CLOCK_MONOTONIC) - Float(output[/^\d+\.\d+$/])
    expect(took).to be < 30
    expect(output).to include("the record of calls cannot be written")
      .and include("the record lacks 1 calls of this process")
  end
end
