# frozen_string_literal: true

require_relative "record_helper"

RSpec.describe LlmRouter::CallRecord do
  %i[postgresql mariadb sqlite].each do |database|
    describe "on #{database}", database: database do
      it "adds calls up in a row for each model and outcome, and their hops in rows of theirs" do
        record
        gateway.answer("Hi", Support::PRIMARY, cost_usd: "0.00012749999999999998")
        2.times { ask }
        gateway.fail(Support::PRIMARY, status: 503, times: 1)
        gateway.answer("Hi", Support::SECONDARY, cost_usd: "0.002")
        ask
        common = { "environment" => "production", "chain" => "default" }
        absorbed, answered, fallback = stats
        expect(answered).to include(common.merge("model" => Support::PRIMARY, "outcome" => "answered", "calls" => 2,
                                                 "cost_usd" => usd("0.00025499999999999996")))
        expect(answered.values_at("fallbacks", "troubled", "charged_usd")).to eq([nil] * 3)
        expect(answered.sum { |name, count| name.start_with?("took_") ? count : 0 }).to eq(2)
        expect(absorbed).to include(common.merge("model" => Support::PRIMARY, "outcome" => "absorbed",
                                                 "hops_unavailable" => 1))
        expect(absorbed).not_to include("calls")
        expect(fallback).to include(common.merge("model" => Support::SECONDARY, "outcome" => "answered", "calls" => 1,
                                                 "fallbacks" => 1, "troubled" => 1, "cost_usd" => usd("0.002")))
      end

      it "takes embeddings for calls, with an incident for each that had to fall back" do
        record { |config| config.endpoint :other, base_url: gateway.base_url, api_key: "test-key" }
        gateway.fail("b", status: 503)
        gateway.embed("a/b", cost_usd: "0.002", usage: { prompt_tokens: 3 })
        search = LlmRouter.new(chain: [{ model: "b", endpoint: :other }, "a/b"], budget: budget)
        search.embed(input: "Secret text")
        expect(incidents.fetch(0).attributes).to include("model" => "a/b", "failed_model" => "b",
                                                         "outcome" => "answered", "provider" => "Testing")
        answered = stats.find { |row| row["outcome"] == "answered" }
        expect(answered).to include("calls" => 1, "cost_usd" => usd("0.002"))
      end

      it "counts an attempt that was dropped for another as a hop, and not as a failure" do
        record { |config| config.chain :default, Support::CHAIN, hedge: { after: 0.03 } }
        gateway.hang(Support::PRIMARY).answer("Hi", Support::SECONDARY, cost_usd: "0.002")
        ask
        dropped, answered = stats
        expect(dropped).to include("model" => Support::PRIMARY, "outcome" => "absorbed", "hops_hedged" => 1)
        expect(answered.values_at("fallbacks", "troubled")).to eq([1, nil])
        expect(incidents).to be_empty
      end

      it "adds to rows that other processes and threads write, and loses none" do
        record
        gateway.answer("Hi", cost_usd: "0.001")
        in_processes(2) do
          4.times.map { Thread.new { 5.times { ask && described_class.flush } } }.each(&:join)
          # While the other process writes, SQLite lets this one write nothing.
          eventually { described_class.flush }
        end
        5.times { ask }
        expect([sum(:calls), sum(:cost_usd)]).to eq([45, usd("0.045")])
        expect(described_class::Stat.model.where(outcome: "answered").count).to be <= 2
      end

      it "keeps a row for each call in which an attempt failed, with its hops and nothing that was said" do
        record
        gateway.fail(Support::PRIMARY, status: 503, times: 1)
        gateway.fail(Support::SECONDARY, status: 429, times: 1)
        gateway.answer("Secret answer", Support::FLOOR, cost_usd: "0.001", openrouter_metadata: { attempt: 2 })
        LlmRouter::CurrentJob.with("job-7", nil, "DraftReplyJob") do
          ask(feature: :summarize, tags: { tenant: 7, ticket: "T-1" })
        end
        incident = incidents.fetch(0)
        expect(incident.attributes).to include(
          "chain" => "default", "feature" => "summarize", "environment" => "production", "outcome" => "answered",
          "job_class" => "DraftReplyJob", "job_id" => "job-7", "model" => Support::FLOOR, "endpoint" => "openrouter",
          "failed_model" => Support::PRIMARY, "reason" => "unavailable", "cost_usd" => usd("0.001"),
          "provider" => "Testing", "provider_attempts" => 2
        )
        expect(JSON.parse(incident.tags)).to eq("tenant" => 7, "ticket" => "T-1")
        hops = JSON.parse(incident.hops)
        expect(hops.map { |hop| hop.values_at("model", "reason", "status") })
          .to eq([[Support::PRIMARY, "unavailable", 503], [Support::SECONDARY, "rate_limited", 429]])
        expect(hops.map { |hop| hop["duration"] }).to all(be_a(Float))
        expect(incident.attributes.to_s).not_to match(/Secret|test-key|Hi\b/)
      end
    end
  end

  describe "on PostgreSQL", database: :postgresql do
    it "keeps no connection of the pool, which has few" do
      record
      gateway.answer("Hi", cost_usd: "0.001")
      ask
      connection.pool.release_connection
      pool = connection.pool
      recorder = described_class.recorder
      expect(Thread.new { recorder.send(:round).then { pool.active_connection? } }.value).to be_falsy
    end

    # On a thread as the recorder's, which makes no rounds of its own here.
    def round_of_recorder
      Thread.new { described_class.recorder.send(:round) }.join
    end

    def recorded_call
      record_without_thread
      gateway.answer("Hi", cost_usd: "0.001")
      ask
    end

    it "lets an interrupt through that comes while the first call waits for the switches" do
      await_first_read
      idle = Thread.new { sleep }
      record_without_thread
      allow(LlmRouter::OwnThread).to receive(:start).with("llm_router record").and_return(idle)
      gateway.answer("Hi", cost_usd: "0.001")
      caller = Thread.new { ask }
      caller.report_on_exception = false
      Thread.pass until caller.stop? && caller.backtrace.to_a.grep(/wait_for_switches/).any?
      caller.raise(Timeout::Error)
      expect { caller.value }.to raise_error(Timeout::Error)
    ensure
      idle.kill.join
    end

    # As in a new process.
    def forget_columns
      tables = [described_class::Stat, described_class::Incident, described_class::SwitchRow]
      tables.each { |table| table.model.reset_column_information }
    end

    it "takes one connection of the pool at a time" do
      recorded_call
      forget_columns
      # Asked again, Active Record would take one for this thread.
      pool = connection.pool
      pool.disconnect!
      round_of_recorder
      expect(pool.connections.size).to eq(1)
    end

    it "reads the switches and writes while the app holds all connections of the pool" do
      recorded_call
      round_of_recorder
      LlmRouter.switch_off("anthropic/*", for: 3600, by: "on-call", reason: "degraded")
      LlmRouter::Switches.replace([])
      ask
      pool = connection.pool
      forget_columns
      held = Array.new(pool.size - pool.stat[:busy]) { pool.checkout }
      round_of_recorder
      held.each { |one| pool.checkin(one) }
      expect(LlmRouter::Switches.known.map(&:pattern)).to eq(["anthropic/*"])
      expect(described_class::Stat.model.pluck(:calls).sum).to eq(2)
    ensure
      LlmRouter::Switches.replace([])
    end
  end

  describe "on SQLite", database: :sqlite do
    it "counts each outcome once, whoever gave it" do
      record
      gateway.fail(status: 400)
      failure_of { ask }
      gateway.fail(status: 503)
      failure_of { ask }
      budget.charge!(usd("1"))
      spent = LlmRouter.new(budget: Support::ChargingBudget.new(cap: "1", charged: [1]))
      failure_of { spent.call(messages: Support::MESSAGES) }
      expect(outcomes).to eq("rejected" => 1, "exhausted" => 1, "budget_exceeded" => 1)
      expect(incidents.map(&:outcome)).to eq(%w[rejected exhausted budget_exceeded])
      expect(incidents.map(&:model)).to all(eq(""))
    end

    it "counts a call once that an interrupt meets as it is counted" do
      record
      gateway.answer("Hi", cost_usd: "0.001")
      allow(described_class.recorder).to receive(:ended).and_wrap_original do |ended, call|
        ended.call(call)
        caller = Thread.current
        # Is raised when it is counted.
        Thread.new { caller.kill }.join
      end
      Thread.new { ask }.join
      expect(outcomes).to eq("answered" => 1)
    end

    it "counts the cost of an answer that an interrupt keeps from being returned as it is settled" do
      record
      gateway.answer("Hi", cost_usd: "0.001")
      row = row_budget
      allow(row).to receive(:settle!).and_wrap_original do |settle, *arguments, **details|
        settle.call(*arguments, **details)
        caller = Thread.current
        # Is raised when it is settled.
        Thread.new { caller.kill }.join
      end
      Thread.new { LlmRouter.new(budget: row).call(messages: Support::MESSAGES) }.join
      expect(outcomes).to eq("interrupted" => 1)
      expect([spent(row), sum(:cost_usd), sum(:charged_usd)]).to eq([usd("0.001")] * 3)
    end

    it "counts a call that is interrupted, with what its attempt cost" do
      record
      gateway.fail_inside(Support::PRIMARY, code: 502, cost_usd: "0.001")
      gateway.answer("Hi", Support::SECONDARY, delay: 60)
      paid = LlmRouter.new(budget: row_budget)
      thread = Thread.new { paid.call(messages: Support::MESSAGES) }
      gateway.await_requests(2)
      thread.kill.join
      expect(outcomes).to eq("interrupted" => 1)
      expect(incidents.map { |incident| [incident.outcome, incident.failed_model, incident.cost_usd] })
        .to eq([["interrupted", Support::PRIMARY, usd("0.001")]])
      expect(sum(:charged_usd)).to eq(usd("0.001"))
    ensure
      gateway.release
    end

    it "counts a refused answer as a hop, with what it cost" do
      record
      gateway.answer("Hello", cost_usd: "0.002")
      gateway.answer("Hm", Support::PRIMARY, cost_usd: "0.001")
      ask(accept: ->(response) { response.content == "Hello" })
      failure_of { ask(accept: ->(_) { raise "never good enough" }) }
      expect(outcomes).to eq("answered" => 1, "unacceptable" => 1)
      expect([sum(:hops_unacceptable), sum(:cost_usd)]).to eq([4, usd("0.008")])
      expect(incidents.map(&:reason)).to eq(%w[unacceptable unacceptable])
      expect(incidents.map { |incident| incident.attributes.to_s }.join).not_to match(/Hm|Hello/)
    end

    it "counts a call that is interrupted while accept runs, with what its answer cost" do
      record
      gateway.answer("Hi", cost_usd: "0.001")
      reached = Thread::Queue.new
      thread = Thread.new { ask(accept: ->(response) { (reached << response) && Waiting.hang }) }
      reached.pop
      thread.kill.join
      expect([outcomes, sum(:cost_usd)]).to eq([{ "interrupted" => 1 }, usd("0.001")])
    end

    it "counts a prompt that is too long on its own, where it was sent and where it was not" do
      record
      gateway.answer("Hi")
      gateway.fail(Support::PRIMARY, status: 400, error_type: "context_length_exceeded")
      LlmRouter.configure do |config|
        candidates = Support::CHAIN.zip([100, 50, 200]).map { |model, context| { model: model, context: context } }
        config.chain :default, candidates
      end
      ask
      expect([sum(:hops_too_long), sum(:hops_no_window), sum(:fallbacks)]).to eq([1, 1, 1])
    end

    it "counts a retry as an attempt, and no fallback" do
      record
      gateway.answer("Hi", cost_usd: "0.001")
      gateway.fail(Support::PRIMARY, status: 503, times: 1)
      LlmRouter.configure { |config| config.chain :default, [{ model: Support::PRIMARY, retries: 1 }, Support::FLOOR] }
      ask
      expect([outcomes, sum(:hops_unavailable), sum(:fallbacks)]).to eq([{ "answered" => 1 }, 1, 0])
    end

    it "counts the calls of a batch, each under its own labels" do
      record
      gateway.answer("Hi", cost_usd: "0.001")
      requests = %w[a b].map { |feature| { messages: Support::MESSAGES, feature: feature, tags: { n: 1 } } }
      router.call_all([*requests, { messages: Support::MESSAGES }])
      expect(stats.map { |row| row["feature"] }).to contain_exactly("a", "b", nil)
      expect(gateway.requests.map(&:body)).to all(satisfy { |body| !body.to_s.match?(/feature|tags/) })
    end

    it "takes the feature of the budget, of a block, and of the call, the nearest first" do
      record
      gateway.answer("Hi")
      paid = LlmRouter.new(budget: row_budget(feature: :draft))
      call = ->(**labels) { paid.call(messages: Support::MESSAGES, **labels) }
      call.call
      LlmRouter.with(feature: :inner) { call.call && call.call(feature: "own") }
      expect(stats.map { |row| row["feature"] }).to contain_exactly("draft", "inner", "own")
    end

    it "records nothing unless that is configured, and starts no thread before the first call" do
      gateway.answer("Hi")
      ask
      expect(described_class.instance_variable_get(:@recorder)).to be_nil
      record
      router
      expect(Thread.list.map(&:name)).not_to include("llm_router record")
      ask
      eventually { Thread.list.map(&:name).include?("llm_router record") }
    end

    it "writes much in short transactions, and what one of them could not write later" do
      record_without_thread(cooldown_after: nil)
      gateway.answer("Hi", cost_usd: "0.001")
      gateway.fail(Support::PRIMARY, status: 503)
      router.call_all(Array.new(70) { |at| { messages: Support::MESSAGES, feature: "f#{at}" } }, concurrency: 4)
      store = described_class::Store
      fails = [2]
      allow(store).to receive(:new).and_wrap_original do |made, *arguments|
        (fails[0] -= 1).zero? ? raise(IOError) : made.call(*arguments)
      end
      writes = round_trips { described_class.recorder.flush }
      expect(writes.grep(/INSERT INTO .llm_call_stats/).size).to eq(1)
      flush
      expect([sum(:calls), sum(:cost_usd)]).to eq([70, usd("0.07")])
      expect(described_class::Incident.model.count).to eq(70)
      expect(described_class::Stat.model.count).to eq(140)
    end

    it "writes by itself, about once a second" do
      record
      gateway.answer("Hi")
      ask
      eventually { described_class::Stat.model.sum(:calls) == 1 }
    end

    it "counts what a fork does, and nothing of its parent twice" do
      record
      gateway.answer("Hi")
      ask
      in_processes(1) { ask && eventually { described_class.flush } }
      expect(sum(:calls)).to eq(2)
    end

    it "keeps counts while the database is away, drops incidents above 1,000, and says how many" do
      record_without_thread
      gateway.fail(Support::PRIMARY, status: 503)
      gateway.answer("Hi", Support::SECONDARY)
      connection.execute("ALTER TABLE llm_call_stats RENAME TO away")
      ask
      hop = ask.hops.first
      expect(described_class.flush).to be(false)
      call = described_class::EndedCall.new(LlmRouter.config.resolve(:default), LlmRouter::Labels::NONE, :exhausted,
                                            [hop], nil, 0.1, nil)
      1005.times { described_class.recorder.ended(call) }
      expect(described_class.flush).to be(false)
      connection.execute("ALTER TABLE away RENAME TO llm_call_stats")
      flush
      expect([sum(:calls), sum(:incidents_dropped), incidents.size]).to eq([1007, 7, 1000])
      expect(log.scan("the record of calls cannot be written (ActiveRecord::").size).to eq(1)
      expect(log).to include("7 incidents were dropped while they could not be written")
    end

    it "prunes old rows in small batches" do
      record_without_thread(keep_incidents: 3600, keep_stats: 7200)
      an_hour_old_incident
      connection.execute("UPDATE llm_call_stats SET starts_at = '#{(Time.now.utc - 3700).strftime('%F %T')}'")
      stub_const("LlmRouter::CallRecord::Pruning::BATCH", 1)
      pruning = LlmRouter::CallRecord::Pruning.new
      pruning.run(connection, 0.0)
      expect([incidents.size, described_class::Stat.model.count.positive?, pruning.due?(1.0)]).to eq([0, true, true])
      pruning.run(connection, 1.0)
      expect(pruning.due?(2.0)).to be(false)
    end

    def an_hour_old_incident
      gateway.fail(status: 503)
      failure_of { ask }
      flush
      connection.execute("UPDATE llm_incidents SET created_at = '#{(Time.now.utc - 3700).strftime('%F %T')}'")
    end

    it "waits for another process that writes, and says nothing of it, before it prunes" do
      record_without_thread(keep_incidents: 3600)
      an_hour_old_incident
      other = LlmRouter::Database::AdapterInternals.new_connection(connection.pool)
      other.execute("BEGIN IMMEDIATE")
      recorder = described_class.recorder
      allow(recorder).to receive(:sleep) { other.execute("COMMIT") }
      recorder.send(:round)
      expect(recorder).to have_received(:sleep).once
      expect(incidents).to be_empty
      expect(log).not_to include("cannot be")
    ensure
      other.disconnect!
    end

    it "writes once while another thread cannot read the switches" do
      record_without_thread
      gateway.answer("Hi", cost_usd: "0.001")
      ask
      allow(described_class::Switchboard).to receive(:obey).and_raise(ActiveRecord::StatementInvalid, "no such table")
      recorder = described_class.recorder
      reader = nil
      allow_any_instance_of(described_class::Store).to receive(:add_money).and_wrap_original do |add, *arguments|
        reader ||= Thread.new { recorder.send(:read_switches) }
        Thread.pass until reader.stop?
        add.call(*arguments)
      end
      flush
      reader.join
      expect([sum(:calls), sum(:cost_usd)]).to eq([1, usd("0.001")])
    end

    it "holds up no call whose wait for the switches ends as it begins" do
      idle = Thread.new { sleep }
      record_without_thread
      recorder = described_class.recorder
      allow(LlmRouter::OwnThread).to receive(:start).with("llm_router record").and_return(idle)
      clock = 0.0
      # A fifth of a second goes by between any two looks.
      allow(recorder).to receive(:now) { clock += 0.2 }
      expect { recorder.began }.not_to raise_error
    ensure
      idle.kill.join
    end
  end
end
