# frozen_string_literal: true

require_relative "../budget/budget_helper"

RSpec.describe LlmRouter, "and the database connections of the thread that calls" do
  before { gateway.answer("Hi", cost_usd: "0.25") }

  # Takes one for good, or takes the one that it has.
  def leased
    pool = ActiveRecord::Base.connection_pool
    pool.respond_to?(:lease_connection) ? pool.lease_connection : pool.connection
  end

  def held
    ActiveRecord::Base.connection_pool.active_connection?
  end

  # In a thread of its own, with a budget in the database.
  def calling(**settings)
    configure(price_ttl: nil, **settings)
    row = model.for(nil)
    router = described_class.new(budget: row)
    # The pool has no other to give than what the thread gives back.
    ActiveRecord::Base.connection_pool.release_connection
    Thread.new { yield -> { router.call(messages: Support::MESSAGES) } }.value
  end

  def taken_by_another
    Thread.new { ActiveRecord::Base.connection_pool.with_connection { |connection| connection } }.value
  end

  [false, true].each do |on|
    describe "where config.release_connections is #{on}", database: :sqlite do
      it "leaves a with_connection block the connection that it was given" do
        kept, other = calling(release_connections: on) do |call|
          ActiveRecord::Base.connection_pool.with_connection do |connection|
            call.call
            [held.equal?(connection), taken_by_another.equal?(connection)]
          end
        end
        expect([kept, other]).to eq([true, false])
      end

      it "leaves it one that the thread had before, and one that is used in the block" do
        kept = calling(release_connections: on) do |call|
          first = leased
          ActiveRecord::Base.connection_pool.with_connection do |connection|
            leased
            call.call
            [connection.equal?(first), held.equal?(connection), taken_by_another.equal?(connection)]
          end
        end
        expect(kept).to eq([true, true, false])
      end

      it "makes no connection the thread's for good" do
        after = calling(release_connections: on) do |call|
          ActiveRecord::Base.connection_pool.with_connection { call.call }
          call.call
          held
        end
        expect(after).to be_nil
      end
    end
  end

  describe "where the thread has leased one", database: :sqlite do
    it "keeps that by default, and releases it where that is configured" do
      after = [{}, { release_connections: true }].map do |settings|
        calling(**settings) { |call| (leased && call.call) && held.nil? }
      end
      expect(after).to eq([false, true])
    end
  end

  describe "with what belongs to a session", database: :postgresql do
    def statement(sql)
      ActiveRecord::Base.connection_pool.with_connection { |connection| connection.select_value(sql) }
    end

    it "leaves two threads in the schemas that they have chosen, each in its own" do
      configure
      router = described_class.new(budget: LlmRouter::Unlimited)
      seen = %w[acme globex].map do |schema|
        Thread.new do
          leased.execute("SET search_path TO #{schema}")
          router.call(messages: Support::MESSAGES)
          [schema, leased.select_value("SHOW search_path")]
        ensure
          ActiveRecord::Base.connection_pool.with_connection { |connection| connection.execute("RESET search_path") }
          ActiveRecord::Base.connection_pool.release_connection
        end
      end
      expect(seen.map(&:value)).to eq([%w[acme acme], %w[globex globex]])
    end

    [false, true].each do |on|
      it "keeps an advisory lock that a block holds, as a job queue does, where config.release_connections is #{on}" do
        held, back = calling(release_connections: on) do |call|
          ActiveRecord::Base.connection_pool.with_connection do |connection|
            connection.execute("SELECT pg_advisory_lock(7)")
            call.call
            lock = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            [connection.select_value(lock), statement("SELECT pg_advisory_unlock(7)")]
          end
        end
        expect([held, back]).to eq([1, true])
      end
    end
  end
end
