# frozen_string_literal: true

require_relative "../budget/budget_helper"

# What the examples about the record of calls share.
module RecordHelper
  RECORD = LlmRouter::CallRecord

  # The sums that the rows have, without SQL.
  class ByHand
    COLUMNS = LlmRouter::CallRecord::Columns

    def initialize(rows)
      @rows = rows
    end

    def sum(column, **conditions)
      rows = @rows.select { |row| conditions.all? { |name, value| Array(value).include?(row[name]) } }
      rows.sum { |row| row[column] }
    end

    def by(group, column, **conditions)
      names = @rows.map { |row| row[group] }.uniq
      names.to_h { |name| [name, sum(column, **conditions, group => [name] & Array(conditions[group] || name))] }
           .reject { |_, count| count.zero? }
    end

    def report
      { calls: sum(:calls), answered: by(:model, :calls, outcome: "answered"), outcomes: by(:outcome, :calls),
        failures: reasons.values.sum, reasons: reasons, transient: reasons.slice(*COLUMNS::TRANSIENT).values.sum,
        troubled: sum(:troubled), absorbed: sum(:troubled, outcome: "answered"),
        rejected: by(:feature, :calls, outcome: "rejected"), cost_usd: sum(:cost_usd).to_s("F"), **fallbacks }
    end

    def reasons
      COLUMNS::FAILURES.to_h { |reason| [reason, sum(:"hops_#{reason}")] }.reject { |_, count| count.zero? }
    end

    def fallbacks
      hops = { outcome: %w[absorbed lost] }
      { fallback_usd: BigDecimal(sum(:cost_usd, **hops)).to_s("F"),
        fallback_seconds: sum(:milliseconds, **hops) / 1000.0 }
    end
  end

  # Calls that are recorded.
  def record(**settings, &)
    allow(LlmRouter::Environment).to receive(:name).and_return("production")
    configure(record_calls: true, allow_real_calls_in_test: true, **settings, &)
  end

  # The same, and nothing is read or written but by the example.
  def record_without_thread(**settings, &)
    allow(LlmRouter::OwnThread).to receive(:start).and_call_original
    allow(LlmRouter::OwnThread).to receive(:start).with("llm_router record")
    record(**settings, &)
  end

  # A first call that waits for the switches however long a busy machine takes.
  def await_first_read
    stub_const("LlmRouter::CallRecord::Rounds::FIRST_READ_TIMEOUT", 60)
  end

  def flush
    expect(RECORD.flush).to be(true)
  end

  # @return [Array<Hash>] the statistics by model and outcome, without what is zero: five minutes may end in an example
  def stats
    flush
    rows = RECORD::Stat.model.order(:model, :outcome).map { |row| row.attributes.except("id", "starts_at") }
    added(rows).map { |row| row.reject { |_, value| [0, ""].include?(value) } }
  end

  def added(rows)
    rows.group_by { |row| row.slice(*RECORD::Columns::KEY.map(&:name)) }.map do |key, same|
      columns = same.first.keys - key.keys
      { **key, **columns.to_h { |column| [column, same.sum { |row| row[column] }] } }
    end
  end

  # @return [Hash{String => Integer}] calls by outcome
  def outcomes
    stats.select { |row| row["calls"] }.to_h { |row| row.values_at("outcome", "calls") }
  end

  def incidents
    flush
    RECORD::Incident.model.order(:id).to_a
  end

  def sum(column)
    flush
    RECORD::Stat.model.pluck(column).sum(BigDecimal(0))
  end

  def row_budget(**scope)
    model.for(nil, **scope).tap { |row| row.update!(cap_usd: "100") }
  end

  # The recorder of this process starts anew.
  def forget_recorder
    known = RECORD.instance_variable_get(:@recorder)
    thread = known&.instance_variable_get(:@thread)
    end_after_this_round(known, thread) if thread
    RECORD.instance_variable_set(:@recorder, nil)
  end

  # Not in the middle of a round: a client of MariaDB may then wait for its answer for good, and Rails' main keeps a
  # model whose columns it was loading without any.
  def end_after_this_round(recorder, thread)
    recorder.define_singleton_method(:idle?) { true }
    Waiting.poll(10) { between_rounds?(thread) || thread.join(0.01) }
    thread.kill.join(10)
  end

  def between_rounds?(thread)
    thread.backtrace.to_a.first(2).join("\n").match?(/\bsleep'\n.*rounds\.rb:.*\bwork'/)
  end
end

RSpec.configure do |config|
  config.include RecordHelper, :database
  config.after(:example, :database) do
    forget_recorder
    # Its last round may have read some.
    LlmRouter::Switches.replace([])
  end
end
