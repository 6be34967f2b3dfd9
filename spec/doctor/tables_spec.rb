# frozen_string_literal: true

require_relative "../budget/budget_helper"
require_relative "doctor_helper"

RSpec.describe LlmRouter::Doctor, "and tables", database: :sqlite do
  before { allow(LlmRouter::Budget).to receive(:models).and_return([model]) }

  # Changes a table, and changes it back.
  def changed(change, back)
    connection.execute(change)
    yield
  ensure
    connection.execute(back)
    model.reset_column_information
    connection.schema_cache.clear!
  end

  it "reads from the generator what a table has" do
    table = described_class::Schema.of("create_llm_budgets").first
    expect(table.name).to eq("llm_budgets")
    expect(table.columns).to include("id", "owner_type", "cap_usd", "period_started_on", "updated_at")
    expect(table.indexes).to eq([[%w[owner_type owner_id feature environment], true]])
    record = described_class::Schema.of("create_llm_record").to_h { |known| [known.name, known] }
    expect(record.fetch("llm_call_stats").columns).to include("hops_timeout", "took_more", "charged_usd", "starts_at")
    expect(record.fetch("llm_incidents").indexes).to include([%w[created_at], false])
  end

  %w[ActiveRecord::ConnectionNotEstablished Errno::EEXIST LoadError].each do |error|
    it "is red once for a database that raises #{error}" do
      allow(model.connection_pool).to receive(:with_connection)
        .and_raise(Object.const_get(error), "at postgresql://u:secret@host")
      expect(found(:TableColumns)).to match([[:red, /the database of #{model} cannot be read: #{error}\. Check/]])
    end
  end

  describe "TableColumns" do
    it "is green for tables as the generator makes them" do
      expect(found(:TableColumns)).to eq(%w[llm_budgets llm_reservations llm_charges].map do |name|
        [:green, "#{name} is as the generator makes it"]
      end)
    end

    it "is red for one that lacks a column, or is not there" do
      rename = "ALTER TABLE llm_charges RENAME COLUMN"
      changed("#{rename} tags TO labels", "#{rename} labels TO tags") do
        expect(found(:TableColumns)).to include([:red, /llm_charges is behind the generator: it lacks tags\. Run/])
      end
      changed("ALTER TABLE llm_charges RENAME TO away", "ALTER TABLE away RENAME TO llm_charges") do
        expect(found(:TableColumns)).to include([:red, %r{llm_charges is not there\. Run bin/rails db:migrate}])
      end
    end
  end

  describe "of the record" do
    before { LlmRouter.configure { |config| config.record_calls = true } }

    it "are compared, too, that of the switches among them" do
      names = %w[llm_budgets llm_reservations llm_charges llm_call_stats llm_incidents llm_switches]
      expect(found(:TableColumns)).to eq(names.map { |name| [:green, "#{name} is as the generator makes it"] })
      expect(found(:Indexes)).to eq(names.map { |name| [:green, "#{name} has its indexes"] })
      rename = "ALTER TABLE llm_switches RENAME COLUMN"
      changed("#{rename} ended_by TO finished_by", "#{rename} finished_by TO ended_by") do
        expect(found(:TableColumns)).to include([:red, /llm_switches is behind the generator: it lacks ended_by\. Run/])
      end
      index = connection.select_value("SELECT sql FROM sqlite_master WHERE name = 'index_llm_switches_on_end'")
      changed("DROP INDEX index_llm_switches_on_end", index) do
        expect(found(:Indexes)).to include([:yellow, /llm_switches lacks the index \(expires_at\)/])
      end
    end
  end

  describe "Indexes" do
    it "is green with all of them, and red without a unique one" do
      expect(levels(:Indexes)).to eq(%i[green green green])
      index = connection.select_value("SELECT sql FROM sqlite_master WHERE name = 'index_llm_charges_on_attempt'")
      changed("DROP INDEX index_llm_charges_on_attempt", index) do
        expect(found(:Indexes)).to include([:red, /llm_charges lacks the index unique \(attempt_id, budget_id, kind\)/])
      end
      index = connection.select_value("SELECT sql FROM sqlite_master WHERE name = 'index_llm_charges_on_period'")
      changed("DROP INDEX index_llm_charges_on_period", index) do
        expect(found(:Indexes)).to include([:yellow, /llm_charges lacks the index \(budget_id, period_started_on\)/])
      end
    end
  end

  describe "Caps" do
    it "is yellow for budgets without one, unless the model has a default" do
      model.for(nil, feature: "a").update!(cap_usd: "5")
      expect(found(:Caps)).to match([[:green, /each of 1 budgets has one/]])
      model.for(organization, feature: "b")
      expect(found(:Caps)).to match([[:yellow,
                                      /1 of 2 budgets have none, such as .*Organization.* b production\. Set/]])
      capped = model_with { default_cap_usd "3" }
      allow(LlmRouter::Budget).to receive(:models).and_return([capped])
      expect(levels(:Caps)).to eq([:green])
    end
  end

  it "is green without a budget" do
    allow(LlmRouter::Budget).to receive(:models).and_return([])
    expect(%i[TableColumns Indexes Caps].flat_map { |name| found(name) }).to all(match([:green, /no model includes/]))
  end

  it "takes no connection that its thread does not give back" do
    report = described_class::Runner.new(described_class::CHECKS.map { |name| described_class.const_get(name) },
                                         LlmRouter.config).report
    expect(report.findings.map(&:check)).to include("caps", "indexes")
    expect(ActiveRecord::Base.connection_pool.stat[:busy]).to be <= 1
  end
end
