# frozen_string_literal: true

require "json"
require_relative "../support/billing/gateway"

# INTERRUPTS=10000 for the long run.
RSpec.describe "Calls that are interrupted at any moment, by Timeout, Thread#raise, Thread#kill and a trap", :slow do
  def interrupt_calls(*how, calls: 1)
    count = Integer(ENV.fetch("INTERRUPTS", "1000"))
    seed = RSpec.configuration.seed
    BillingGateway.open(delay: 0.002..0.012, seed: seed) do |gateway|
      program = [RbConfig.ruby, "-I", File.expand_path("../../lib", __dir__), "#{__dir__}/interrupted_calls.rb"]
      report = IO.popen([*program, count.to_s, gateway.base_url, seed.to_s, *how], &:read)
      expect($?).to be_success, "ended with #{$?}" # rubocop:disable Style/SpecialGlobalVars
      check(JSON.parse(report, symbolize_names: true), count, gateway, calls)
    end
  end

  def check(report, count, gateway, calls)
    expect(report[:delivered]).to eq(%i[timeout kill raise signal].to_h { |kind| [kind, count / 4] })
    expect(report[:unexpected]).to be_empty
    check_reservations(report, count)
    check_money(report[:settled].transform_keys(&:to_s), report[:uncertain], gateway)
    check_rest(*report.values_at(:before, :after), calls, count)
  end

  # Only a trap arrives in the middle of an operation: then the reservation is never ended, or ended twice.
  def check_reservations(report, count)
    expect(report[:contradictory]).to eq(0)
    expect(report.values_at(:unended, :repeated).sum).to be <= count / 4
  end

  # What was billed was charged, once and as billed, or the budget knows that it may have been.
  def check_money(settled, uncertain, gateway)
    billed = ledger(gateway, settled.size + uncertain)
    charged = settled.transform_values { |costs| costs.map { |cost| BigDecimal(cost) } }
    expect(charged).to eq(billed.slice(*charged.keys).transform_values { |bill| [bill.cost_usd] })
    expect(charged.size + uncertain).to eq(billed.size)
  end

  # An interrupted call is billed when its answer would have been ready.
  def ledger(gateway, size)
    poll(60) { gateway.ledger.size >= size }
    gateway.ledger
  end

  # Of sockets, no more than one connection for each call that was under way, kept alive.
  # The budget records every operation: less than 1 KiB each.
  def check_rest(before, after, calls, count)
    expect(after[:threads]).to eq(before[:threads])
    expect(after[:fds]).to be <= before[:fds] + (9 * calls)
    expect(after[:rss_kib]).to be < before[:rss_kib] + 20_000 + (calls * count)
  end

  it "end, each of them; what was billed is charged once, or settled as uncertain; and nothing is left" do
    interrupt_calls
  end

  it "do so where many raises and a kill come at once" do
    interrupt_calls("burst")
  end

  it "do so where calls have two attempts in flight" do
    interrupt_calls("hedge", calls: 2)
  end

  it "do so where many calls are made at once" do
    interrupt_calls("batch", calls: 4)
  end

  it "do so where accept runs, of one call and of many" do
    interrupt_calls("accept")
    interrupt_calls("accept", "batch", calls: 4)
  end
end
