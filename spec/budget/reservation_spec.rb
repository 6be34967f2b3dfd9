# frozen_string_literal: true

require_relative "budget_helper"
require "llm_router/testing/budget_examples"

RSpec.describe "LlmRouter::Budget, reserved from" do
  Databases::NAMES.each do |database|
    describe "on #{database}", database: database do
      let(:budget) { model.for(organization).tap { |made| made.update!(cap_usd: 1) } }

      def reserve(amount, key = SecureRandom.uuid, **known)
        budget.reserve!(usd(amount), key: key, attempt: known.any? ? LlmRouter::Attempt.new(lease: 90.0, **known) : nil)
      end

      def charges
        budget.charges.order(:id).map { |charge| [charge.kind, charge.cost_usd.to_s("F")] }
      end

      def differences
        LlmRouter::Budget::Audit.new(model).differences
      end

      after { expect(differences).to eq([]) unless @spoilt }

      it_behaves_like "an LLM budget that reserves"

      it "takes one round trip to reserve, to settle, to release" do
        budget
        reservation = nil
        trips = [round_trips { reservation = reserve("0.5") }, round_trips { budget.settle!(reservation, usd("0.25")) }]
        reservation = reserve("0.5")
        trips << round_trips { budget.release!(reservation) }
        expect(trips.map(&:size)).to all(eq(1))
      end

      it "says what was needed, what is left, when the period ends, and whether it is only held" do
        travel_to Time.utc(2026, 1, 10)
        whose = "#{organization.class}/#{organization.id} production has 0.25 of 1 USD left until 1 February"
        held = reserve("0.75")
        expect { reserve("0.5") }.to raise_error(LlmRouter::BudgetExceeded) do |error|
          expect(error).to have_attributes(needed_usd: usd("0.5"), left_usd: usd("0.25"), retry_after: be_positive,
                                           period_ends_at: Time.new(2026, 2, 1))
          expect(error.message).to end_with("0.5 USD are needed, #{whose}, calls under way have reserved the rest")
        end
        budget.settle!(held, usd("0.75"))
        expect { reserve("0.5") }.to raise_error(LlmRouter::BudgetExceeded, /0.5 USD are needed, #{whose}\z/) do |error|
          expect(error).to have_attributes(retry_after: nil, cap_usd: usd("1"), budget: equal(budget))
        end
      end

      it "has a record of every charge" do
        reservation = reserve("0.5", model: "a/b", endpoint: "openrouter", job_id: "job")
        known = LlmRouter::Attempt.new(model: "a/b", endpoint: "openrouter", job_id: "job", generation_id: "gen-1",
                                       prompt_tokens: 12, completion_tokens: 34)
        budget.settle!(reservation, usd("0.00012749999999999998"), attempt: known)
        expect(budget.charges.first).to have_attributes(
          kind: "cost", cost_usd: usd("0.00012749999999999998"), model: "a/b", endpoint: "openrouter", job_id: "job",
          generation_id: "gen-1", prompt_tokens: 12, completion_tokens: 34, attempt_id: reservation.attempt_id,
          created_at: be_within(60).of(Time.now)
        )
        expect { budget.charges.first.update!(cost_usd: 0) }.to raise_error(ActiveRecord::ReadOnlyRecord)
      end

      it "charges an attempt once, however often that is repeated" do
        known = LlmRouter::Attempt.new(endpoint: "openrouter", generation_id: "gen-1")
        reservation = budget.reserve!(usd("0.5"), key: "j", attempt: known)
        2.times { budget.settle!(reservation, usd("0.25"), attempt: known) }
        2.times { budget.charge!(usd("0.25"), attempt: known) }
        budget.settle!(reservation, usd("0.125"))
        budget.release!(reservation)
        expect([spent(budget), budget.reserved_usd, charges]).to eq([usd("0.25"), 0, [%w[cost 0.25]]])
      end

      it "charges an attempt once, though four processes do it at the same time" do
        known = LlmRouter::Attempt.new(endpoint: "openrouter")
        budget.reserve!(usd("0.5"), key: "j", attempt: known)
        in_processes(4) { model.find(budget.id).charge!(usd("0.25"), attempt: known) }
        expect([spent(budget), budget.reserved_usd, charges]).to eq([usd("0.25"), 0, [%w[cost 0.25]]])
      end

      it "charges every attempt, though an endpoint gives all its answers one id" do
        %w[chatcmpl-373 0 0].each do |id|
          known = LlmRouter::Attempt.new(endpoint: "ollama", generation_id: id)
          budget.settle!(budget.reserve!(usd("0.01"), key: "j", attempt: known), usd("0.01"), attempt: known)
          budget.charge!(usd("0.01"), attempt: LlmRouter::Attempt.new(endpoint: "ollama", generation_id: id))
        end
        expect([spent(budget), budget.charges.map(&:generation_id).tally])
          .to eq([usd("0.06"), { "chatcmpl-373" => 2, "0" => 4 }])
      end

      it "charges each time what is charged by hand" do
        2.times { budget.charge!(usd("0.25")) }
        expect([spent(budget), charges]).to eq([usd("0.5"), [%w[cost 0.25]] * 2])
      end

      it "ends the lease of a dead process with the next reservation, and charges the estimate" do
        reserve("0.75", "dead", model: "a/b", endpoint: "openrouter", job_id: "job")
        travel 91
        expect(budget.reserved_usd).to eq(0)
        expect(budget.remaining_usd).to eq(usd("0.25"))
        expect { reserve("0.5") }.to raise_error(LlmRouter::BudgetExceeded, /has 0.25 of 1 USD left until/)
        expect(charges).to eq([%w[estimate 0.75]])
        expect(budget.charges.first).to have_attributes(model: "a/b", endpoint: "openrouter", job_id: "job")
        expect(model::Reservation.count).to eq(0)
      end

      it "lets it go where that is the policy" do
        LlmRouter.configure { |config| config.on_uncertain = :release }
        reserve("0.75")
        budget.uncertain!(reserve("0.25"))
        travel 91
        expect(budget.remaining_usd).to eq(1)
        budget.release!(reserve("1"))
        expect([spent(budget), charges]).to eq([0, []])
      end

      it "corrects an estimate when the true cost comes after all" do
        late = [reserve("0.5"), reserve("0.25")]
        travel 91
        budget.release!(reserve("0.125"))
        expect(spent(budget)).to eq(usd("0.75"))
        2.times { budget.settle!(late.first, usd("0.125")) }
        budget.settle!(late.last, usd("0.375"))
        expect(spent(budget)).to eq(usd("0.5"))
        expect(charges).to eq([%w[estimate 0.5], %w[estimate 0.25], %w[correction -0.375], %w[correction 0.125]])
      end

      it "gives nothing back to a period that the estimate was not in" do
        travel_to Time.utc(2026, 1, 31, 23, 50)
        late = reserve("0.5")
        travel_to Time.utc(2026, 1, 31, 23, 55)
        budget.release!(reserve("0.125"))
        travel_to Time.utc(2026, 2, 1, 0, 5)
        budget.settle!(late, usd("0.125"))
        expect(budget.reload.spent_usd).to eq(0)
      end

      it "holds across the end of a period what may still be charged, and charges it there" do
        travel_to Time.utc(2026, 1, 31, 23, 59, 30)
        budget.charge!(usd("0.5"))
        reservation = reserve("0.5")
        travel_to Time.utc(2026, 2, 1, 0, 0, 10)
        expect(budget.remaining_usd).to eq(usd("0.5"))
        budget.settle!(reservation, usd("0.25"))
        expect(budget.reload).to have_attributes(spent_usd: usd("0.25"), period_started_on: Date.new(2026, 2, 1))
      end

      it "keeps what another run of the same attempt reserved, until its lease is up" do
        first = reserve("0.5", "job/1")
        budget.uncertain!(first)
        second = reserve("0.5", "job/1")
        expect(budget.reserved_usd).to eq(1)
        expect { reserve("0.25", "job/1") }
          .to raise_error(LlmRouter::BudgetExceeded, /calls under way have reserved the rest/)
        budget.settle!(second, usd("0.125"))
        expect([budget.reserved_usd, spent(budget)]).to eq([usd("0.5"), usd("0.125")])
        travel 91
        budget.release!(reserve("0.25", "job/1"))
        expect([budget.reserved_usd, charges]).to eq([0, [%w[cost 0.125], %w[estimate 0.5]]])
      end

      it "says to retry no later than when the next lease ends" do
        travel_to Time.utc(2026, 1, 10)
        [3.5, 90.0].each do |lease|
          budget.reserve!(usd("0.5"), key: "job/1", attempt: LlmRouter::Attempt.new(lease: lease))
        end
        expect { reserve("0.25", "job/1") }.to raise_error(have_attributes(retry_after: 3.5))
        travel 3
        expect { reserve("0.25", "job/1") }.to raise_error(have_attributes(retry_after: 0.5))
        travel 1
        expect { reserve("0.75", "job/1") }.to raise_error(have_attributes(retry_after: nil))
      end

      it "says to retry at once where the next lease ends as that is read" do
        travel_to Time.utc(2026, 1, 10)
        reserve("0.75")
        allow(LlmRouter::Budget::Row).to receive(:all).and_wrap_original do |read, connection, leases|
          read.call(connection, leases).tap { travel 91 if leases.to_sql.include?("expires_at > ") }
        end
        expect { reserve("0.5") }.to raise_error(have_attributes(retry_after: 0))
      end

      it "reserves with several rows or with none, and settles with all" do
        app = model.for(nil)
        app.update!(cap_usd: "0.5")
        both = LlmRouter::Budgets.new([budget, app])
        expect { both.reserve!(usd("0.75"), key: "j") }.to raise_error(LlmRouter::BudgetExceeded, /app \w+ has 0.5 of/)
        expect(budget.reserved_usd).to eq(0)
        reservation = both.reserve!(usd("0.5"), key: "j")
        expect([budget, app].map(&:reserved_usd)).to eq([usd("0.5")] * 2)
        both.settle!(reservation, usd("0.25"))
        expect([spent(budget), spent(app), budget.reserved_usd, app.reserved_usd])
          .to eq([usd("0.25"), usd("0.25"), 0, 0])
      end

      it "knows two classes of one table apart, and their caps" do
        child = Class.new(model) { def self.name = "Child" }
        child.default_cap_usd "0.25"
        app = child.for(nil)
        both = LlmRouter::Budgets.new([budget, app])
        expect { both.reserve!(usd("0.5"), key: "j") }.to raise_error(LlmRouter::BudgetExceeded, /has 0.25 of 0.25/)
        both.settle!(both.reserve!(usd("0.25"), key: "j"), usd("0.125"))
        expect([spent(budget), spent(app)]).to eq([usd("0.125")] * 2)
      end

      it "charges a cost whatever else the endpoint reports" do
        odd = LlmRouter::Attempt.new(endpoint: "e", model: "a\0b", generation_id: "g\0" * 200, prompt_tokens: 2**80)
        budget.settle!(reserve("0.5"), usd("0.25"), attempt: odd)
        expect(budget.charges.first).to have_attributes(model: "ab", prompt_tokens: nil, cost_usd: usd("0.25"))
      end

      it "reserves under any key" do
        ["a\0b" * 100, "\xFF", nil, :job, 7].each { |key| budget.release!(reserve("0.5", key)) }
        expect(budget.reserved_usd).to eq(0)
      end

      it "needs no cap to charge what is spent" do
        capped = model_with { default_cap_usd { |owner,| owner.id.zero? ? nil : "1" } }
        row = capped.for(organization)
        reservation = row.reserve!("0.5", key: "j")
        allow(capped).to receive(:default_cap_for).and_raise("the plan is gone")
        row.settle!(reservation, "0.25")
        expect(spent(row)).to eq(usd("0.25"))
      end

      it "releases the rows that are there where another was deleted" do
        app = model.for(nil)
        both = LlmRouter::Budgets.new([budget, app])
        reservation = both.reserve!(usd("0.25"), key: "j")
        model.where(id: app.id).delete_all
        model::Reservation.where(budget_id: app.id).delete_all
        both.release!(reservation)
        expect(budget.reserved_usd).to eq(0)
      end

      it "takes an estimate back when it is released after all" do
        late = reserve("0.5")
        travel 91
        budget.release!(reserve("0.125"))
        2.times { budget.release!(late) }
        expect([spent(budget), charges]).to eq([0, [%w[estimate 0.5], %w[correction -0.5]]])
      end

      it "is not undone by an interrupt while the database works" do
        budget
        working = Queue.new
        slow = ActiveSupport::Notifications.subscribe("sql.active_record", interrupt_awaited { working << true })
        charging = Thread.new { model.connection_pool.with_connection { interrupted { budget.charge!("0.25") } } }
        working.pop
        charging.raise(Timeout::Error)
        expect(charging.value).to be_a(Timeout::Error)
        expect(spent(budget)).to eq(usd("0.25"))
      ensure
        ActiveSupport::Notifications.unsubscribe(slow)
      end

      # Listens to statements, and lets them begin once an interrupt is pending.
      def interrupt_awaited
        double(finish: nil).tap do |listener|
          allow(listener).to receive(:start) { yield && await_interrupt if Thread.current[:charging] }
        end
      end

      def interrupted(&)
        Thread.current[:charging] = true
        LlmRouter::Uninterrupted.run(&)
      rescue Timeout::Error => e
        e
      end

      it "names the row that does not agree with its ledger" do
        @spoilt = true
        budget.settle!(reserve("0.5"), usd("0.25"))
        reserve("0.125")
        model.where(id: budget.id).update_all(period: "monthly")
        budget.reload.update!(spent_usd: "0.5")
        expect(differences).to eq(
          ["llm_budgets #{budget.id} (#{budget.scope_in_words}): " \
           "spent_usd is 0.5, its charges are 0.25: 0.25 USD apart"]
        )
        model::Reservation.delete_all
        expect(differences.first).to include("reserved_usd is 0.125, its reservations are 0.0")
        out = StringIO.new
        expect(LlmRouter::Budget::Audit.run([model], out: out)).to be(false)
        expect(out.string).to include("1 of 1 budgets differ")
      end
    end
  end
end
