# frozen_string_literal: true

require "erb"
require_relative "../../spec/support/databases"

module Soak
  # A PostgreSQL server of the run's own, whose rows are the budgets: one with a cap that all calls share, which is
  # always nearly spent, and many without.
  class Database
    # Rows that have no cap.
    ROWS = 20
    # The gateway bills no more than half of what is reserved.
    SETTINGS = { timeout: 1, lease_margin: 1, reserve_usd: "0.02", record_calls: true }.freeze
    # Writes down each moment at which a cap is exceeded.
    WATCH = <<~SQL
      CREATE TABLE excesses (budget_id bigint, usd numeric);
      CREATE FUNCTION note_excess() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO excesses VALUES (NEW.id, NEW.spent_usd + NEW.reserved_usd - NEW.cap_usd);
          RETURN NULL;
        END
      $$;
      CREATE TRIGGER cap AFTER UPDATE ON llm_budgets FOR EACH ROW
        WHEN (NEW.spent_usd + NEW.reserved_usd > NEW.cap_usd) EXECUTE FUNCTION note_excess();
    SQL
    # How an attempt is known.
    ATTEMPT = %i[budget_id attempt_id job_id endpoint model].freeze
    private_constant :ROWS, :ATTEMPT, :SETTINGS, :WATCH

    # @param options [Options] of the run
    def initialize(options)
      Databases.connections = 300
      require "active_record"
      require "llm_router"
      require_relative "../../spec/budget/budget_table"
      LlmRouter.configure { |config| config.logger = nil }
      BudgetTable.prepare(:postgresql)
      connection.execute(WATCH)
      # For each thread once: what is uncertain, or was left by the killed, takes room from the others.
      @room = BigDecimal(SETTINGS.fetch(:reserve_usd)) * options.processes * options.threads
      @rows = make_rows
    end

    # @return [Hash] how a worker connects, to which rows (the shared one is the first), and what it configures
    def for_worker
      { connection: ActiveRecord::Base.connection_db_config.configuration_hash, rows: @rows.map(&:id),
        settings: SETTINGS }
    end

    # @return [void]
    def restart
      Databases.restart_postgresql
      ActiveRecord::Base.connection_pool.disconnect!
    end

    # What is spent of the cap is added to it.
    # @return [void]
    def top_up
      model.where(id: @rows.first.id).update_all(["cap_usd = GREATEST(cap_usd, spent_usd + ?)", @room])
    end

    # Ends the leases, writes down what the rows and the tables beside them say, and stops the server.
    # @param journal [Journal]
    # @return [void]
    def close(journal)
      @journal = journal
      note("lease", [end_leases.round(3)])
      note("row", model.pluck(:id, :cap_usd, :spent_usd, :reserved_usd))
      note("charge", model::Charge.pluck(*ATTEMPT, :kind, :cost_usd))
      note("reservation", model::Reservation.pluck(*ATTEMPT, :usd))
      note("excess", connection.select_rows("SELECT * FROM excesses"))
      note("difference", differences)
      note_record
      BudgetTable.tear_down
    end

    private

    def differences
      LlmRouter::Budget::Audit.new(model).differences.map { |text| text.tr(" ", "_") }
    end

    # Calls of a row have its feature; others are no calls of the run.
    def note_record
      stats, incidents = [LlmRouter::CallRecord::Stat, LlmRouter::CallRecord::Incident].map do |table|
        table.model.where.not(feature: "")
      end
      note("recorded", [[stats.sum(:calls), stats.sum(:charged_usd)]])
      note("incident", incidents.pluck(:job_id))
    end

    def note(event, records)
      records.each do |record|
        @journal.note(event, *Array(record).map { |value| value.is_a?(BigDecimal) ? value.to_s("F") : value })
      end
    end

    def make_rows
      rows = Array.new(ROWS + 1) { |index| model.for(nil, feature: "row #{index}") }
      rows.each { |row| row.update!(period: "total") }
      rows.first.update!(cap_usd: @room)
      rows
    end

    # A reservation ends all leases of its row that are up.
    # @return [Numeric] seconds that the longest of them took to be up
    def end_leases
      last = model::Reservation.maximum(:expires_at)
      seconds = last ? [last - Time.now, 0].max : 0
      sleep(seconds + 0.05)
      @rows.each { |row| row.release!(row.reserve!(0, key: "the last")) }
      seconds
    end

    def model
      BudgetTable::LlmBudget
    end

    def connection
      ActiveRecord::Base.connection
    end
  end
end
