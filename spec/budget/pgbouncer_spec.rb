# frozen_string_literal: true

require_relative "budget_helper"

# In transaction mode a connection to the server serves many clients in turn: a session's setting would reach them.
RSpec.describe "LlmRouter::Budget, behind PgBouncer in transaction mode", database: :pgbouncer do
  let(:budget) { model.for(organization).tap { |made| made.update!(cap_usd: 100) } }

  # With as many transactions open at once as the pooler has connections, each of them is looked at.
  def settings_of_other_clients(at_once:)
    clients = Array.new(20) { PG.connect(**pooler) }
    clients.each_slice(at_once).flat_map { |some| within_transactions(some) { |client| settings(client) } }.uniq
  ensure
    clients&.each(&:close)
  end

  def within_transactions(clients, &)
    clients.each { |client| client.exec("BEGIN") }
    clients.map(&).tap { clients.each { |client| client.exec("COMMIT") } }
  end

  def settings(client)
    client.exec("SELECT current_setting('lock_timeout'), current_setting('search_path')").values.first
  end

  def pooler
    config = model.connection_pool.db_config.configuration_hash
    { host: config[:host], port: config[:port], user: config[:username], dbname: config[:database] }
  end

  def expect_untouched(at_once)
    expect(settings_of_other_clients(at_once: at_once)).to eq([["0", '"$user", public']])
  end

  it "changes no setting of other clients, inside the caller's transaction and outside of it" do
    connection.execute("CREATE SCHEMA acme")
    budget
    threads = Array.new(5) do |index|
      Thread.new do
        3.times do |round|
          rolled_back do
            model.connection.execute("SET LOCAL search_path TO public, acme")
            budget.settle!(budget.reserve!("0.5", key: "#{index}/#{round}"), "0.25")
            budget.charge!("0.25")
            expect(budget).not_to be_exhausted
          end
          budget.settle!(budget.reserve!("0.5", key: "#{index}/#{round}"), "0.5")
        end
      ensure
        model.connection_pool.release_connection
      end
    end
    expect_untouched(1)
    threads.each(&:join)
    expect_untouched(PgBouncer::CONNECTIONS - 1)
    expect([spent(budget), budget.reserved_usd]).to eq([15, 0])
    expect(LlmRouter::Budget::Audit.new(model).differences).to eq([])
  ensure
    connection.execute("DROP SCHEMA acme")
  end
end
