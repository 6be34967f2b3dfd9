# frozen_string_literal: true

require_relative "../budget/budget_helper"

# The client itself, with MariaDB. `MYSQL_ADAPTER=trilogy` runs all other specs of MariaDB with it, too.
RSpec.describe LlmRouter::Database::PlainTrilogy, "with Trilogy" do
  let(:budget) { model.for(organization).tap { |made| made.update!(cap_usd: 1) } }

  before(:context) do
    if Gem::Specification.find_all_by_name("trilogy").any?
      BudgetTable.prepare(:trilogy)
    else
      skip "the gem trilogy is not installed"
    end
  end

  after(:context) { BudgetTable.tear_down if defined?(Trilogy) }

  include BudgetTable::Helpers

  # Waits until a statement waits for a row.
  def await_lock
    waits = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'"
    poll(20) { connection.select_rows(waits).flatten.last.to_i == 1 }
  end

  # What a charge in a thread of its own ends with, that is interrupted while the server keeps it waiting.
  def interrupted(&)
    organization && budget
    thread = nil
    model.transaction do
      model.lock.find(budget.id)
      thread = Thread.new do
        model.connection_pool.with_connection(&)
      rescue IOError => e
        e.message
      end
      await_lock
      thread.raise(IOError, "interrupted")
    end
    thread.value
  end

  it "does not lose a charge to an interrupt while the statement is on the wire" do
    expect(interrupted { LlmRouter::Uninterrupted.run { budget.charge!("0.25") } }).to eq("interrupted")
    expect(spent(budget)).to eq(usd("0.25"))
  end

  it "does not lose one inside the caller's transaction, which rolls back" do
    charge = proc do
      rolled_back { organization.update!(llm_cap_usd: 5) && LlmRouter::Uninterrupted.run { budget.charge!("0.25") } }
    end
    expect(interrupted(&charge)).to eq("interrupted")
    expect([spent(budget), organization.reload.llm_cap_usd]).to eq([usd("0.25"), nil])
  end
end
