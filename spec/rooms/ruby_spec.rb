# frozen_string_literal: true

require_relative "ruby_rooms"

# Which room of lib/llm_router may refer to which: see docs/architecture.md.
RSpec.describe "The rooms of lib/llm_router" do
  beside = %i[config money health events]
  inside = [:call, *beside, :interop, :native]
  table = {
    native: [],
    interop: %i[native],
    **beside.to_h { |room| [room, [*beside, :interop, :native]] },
    call: [*beside, :interop, :native],
    facade: [*inside, :plug_ins],
    # Outside: they may name what is inside, which never names them.
    database: [*inside, :ActiveRecord],
    budget: [*inside, :database, :ActiveRecord],
    record: [*inside, :database, :ActiveRecord],
    dashboard: [*inside, :facade, :plug_ins, :database, :budget, :record, :Rails, :ActiveRecord],
    rails: [*inside, :facade, :database, :budget, :sidekiq, :Rails, :ActiveJob, :ActiveRecord, :GlobalID, :Sidekiq],
    sidekiq: [*inside, :facade, :rails, :Sidekiq, :ActiveJob],
    testing: [*inside, :facade],
    faraday: [*inside, :facade, :plug_ins],
    rubocop: [:native],
    opentelemetry: [*inside, :facade],
    doctor: [*inside, :budget, :record, :rails, :ActiveJob, :ActiveRecord, :Sidekiq],
    # The only file that knows both sides.
    plug_ins: [*inside, :facade, :database, :budget, :record, :dashboard, :rails, :sidekiq, :testing, :rubocop,
               :faraday, :doctor, :Rails, :ActiveJob, :ActiveRecord]
  }

  table.each do |room, allowed|
    it "let #{room} refer to #{allowed.empty? ? 'no other' : allowed.join(', ')}" do
      sources = RubyRooms.sources.select { |source| source.room == room }
      forbidden = sources.flat_map do |source|
        wrong = RubyRooms.references(source).uniq.group_by(&:first).except(*allowed)
        wrong.values.flatten(1).map { |target, name| "#{source.file}.rb refers to #{name} (#{target})" }
      end
      expect(forbidden).to eq([])
    end
  end

  it "are all in the table" do
    expect(RubyRooms.sources.map(&:room).uniq).to match_array(table.keys)
  end

  it "know where each constant lives" do
    expect(RubyRooms.homes.values_at("Hop", "Candidate", "Budget", "Job", "WebRequest", "Log"))
      .to eq(%i[call config budget rails call events])
  end

  it "are loaded without Rails, the ledger or Sidekiq until these are named" do
    outside = "rails|sidekiq|database|budget|record|dashboard|testing|rubocop|faraday"
    script = "require 'llm_router'; puts $LOADED_FEATURES.grep(%r{llm_router/(#{outside})[/.]})"
    expect(output_of(script)).to eq("")
  end
end
