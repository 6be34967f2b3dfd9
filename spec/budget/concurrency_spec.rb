# frozen_string_literal: true

require_relative "budget_helper"

# Processes of 4 threads charge odd decimals to 3 rows. In the middle each thread's clock turns from
# January to February, not all of them at the same charge. A trigger of the database's own keeps what
# a row held when its month turned, so that no charge can hide in either month.
RSpec.describe "LlmRouter::Budget, charged by many while the month turns", :slow do
  january = Time.utc(2026, 1, 31, 12)
  february = Time.utc(2026, 2, 1, 12)

  # One thread's charges: pairs of a row's number and a cost of up to 27 decimals.
  share = Struct.new(:thread, :number) do
    def costs
      random = Random.new(thread)
      Array.new(number) do
        [random.rand(3), BigDecimal("0.#{random.rand(10**random.rand(4..27)).to_s.rjust(27, '0')}")]
      end
    end

    def each
      costs.each_with_index { |(row, cost), index| yield row, cost, index >= number * (2 + (thread % 3)) / 6 }
    end
  end

  def trigger
    keep = "INSERT INTO closed_months VALUES (OLD.id, OLD.spent_usd)"
    condition = "NEW.period_started_on <> OLD.period_started_on"
    case connection.adapter_name
    when "SQLite" then ["CREATE TRIGGER t AFTER UPDATE ON llm_budgets WHEN #{condition} BEGIN #{keep}; END"]
    when "Mysql2", "Trilogy"
      ["CREATE TRIGGER t AFTER UPDATE ON llm_budgets FOR EACH ROW IF #{condition} THEN #{keep}; END IF"]
    else
      ["CREATE OR REPLACE FUNCTION keep() RETURNS trigger AS $$ BEGIN #{keep}; RETURN NULL; END $$ LANGUAGE plpgsql",
       "CREATE TRIGGER t AFTER UPDATE ON llm_budgets FOR EACH ROW WHEN (#{condition}) EXECUTE FUNCTION keep()"]
    end
  end

  def keep_closed_months
    connection.create_table(:closed_months, id: false) do |t|
      t.bigint :budget_id
      t.decimal :spent_usd, precision: 50, scale: 30
    end
    trigger.each { |sql| connection.execute(sql) }
  end

  # By row, as [the budget's id, what it held].
  def closed_months
    connection.select_rows("SELECT budget_id, spent_usd FROM closed_months ORDER BY budget_id").map do |id, usd|
      [id.to_i, BigDecimal(usd.to_s.delete_suffix(" USD"))]
    end
  end

  def charge(ids, share)
    rows = ids.map { |id| model.find(id) }
    share.each do |row, cost, february|
      Thread.current[:february] = february
      rows[row].charge!(cost)
    end
  end

  # What the threads charged to each row while their clocks were in January, and in February.
  def charged(shares)
    sums = { false => [0, 0, 0], true => [0, 0, 0] }
    shares.each { |share| share.each { |row, cost, february| sums[february][row] += cost } }
    sums.values
  end

  { postgresql: [16, 20_000], mariadb: [8, 2_400], sqlite: [4, 400] }.each do |database, (processes, charges)|
    describe "on #{database}", database: database do
      before { keep_closed_months }

      it "loses nothing of #{charges} charges by #{processes} processes" do
        travel_to january
        ids = %i[a b c].map { |feature| model.for(nil, feature: feature).id }
        threads = processes * 4
        shares = Array.new(threads) { |n| share.new(n, (charges / threads) + (n < charges % threads ? 1 : 0)) }
        expect(shares.sum(&:number)).to eq(charges)

        in_processes(processes) do |process|
          Time.define_singleton_method(:now) { Thread.current[:february] ? february : january }
          mine = shares.each_slice(4).to_a[process]
          mine.map { |one| Thread.new { model.connection_pool.with_connection { charge(ids, one) } } }.each(&:value)
        end

        travel_to february
        in_january, in_february = charged(shares)
        closed = closed_months
        open = ids.map { |id| spent(model.find(id)) }
        expect(closed.map(&:first)).to eq(ids), "each month closes once"
        expect(open.zip(closed).map { |now, (_, before)| now + before }).to eq(in_january.zip(in_february).map(&:sum))
        # A clock that is still in January when the row is not counts in February.
        in_february.zip(open) { |sum, charged| expect(charged).to be >= sum }
        in_january.zip(closed) { |sum, (_, charged)| expect(charged).to be_positive.and be <= sum }
      end
    end
  end
end
