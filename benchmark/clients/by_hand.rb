# frozen_string_literal: true

require_relative "rows"

# A cap as one writes it by hand around a client: a guarded UPDATE reserves before the call, and another settles after
# it. No idempotency key, no record of a reservation or a charge, no period.
module ByHand
  WORST_CASE = BigDecimal("0.0025")

  class PlainBudget < ActiveRecord::Base; end

  # @return [Rows]
  attr_reader :budgets

  # @param database [Hash]
  # @param shared [Boolean]
  def initialize(url, database:, shared: false, **)
    super
    @budgets = Rows.new(database, shared: shared) do
      PlainBudget.create!(cap_usd: Rows::CAP, reserved_usd: 0, spent_usd: 0)
    end
  end

  def call(models)
    id = @budgets.mine.id
    update(id, "spent_usd + reserved_usd + #{WORST_CASE.to_s('F')} <= cap_usd", "reserved_usd = reserved_usd + ?",
           WORST_CASE)
    super.tap do |_, cost|
      update(id, nil, "reserved_usd = reserved_usd - ?, spent_usd = spent_usd + ?", WORST_CASE, cost)
    end
  end

  private

  def update(id, guard, *change)
    row = PlainBudget.where(id: id)
    row = row.where(guard) if guard
    raise "no room" unless row.update_all(change) == 1
  end
end
