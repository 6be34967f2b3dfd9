# frozen_string_literal: true

require_relative "budget_helper"

# An attempt that is held up ends after its lease has.
RSpec.describe "LlmRouter::Budget, after a lease has ended", :slow do
  let(:budget) { row(:one) }
  let(:other) { row(:other) }

  def row(feature, period = "total")
    model.for(nil, feature: feature).tap { |made| made.update!(cap_usd: 10, period: period) }
  end

  def reserve(from = payer, attempt: LlmRouter::Attempt.new(lease: 60.0))
    from.reserve!("0.5", key: "j", attempt: attempt)
  end

  # Another reservation ends all leases that are up.
  def end_leases(*rows)
    (rows.any? ? rows : [budget, other]).each do |one|
      row = model.find(one.id)
      row.release!(row.reserve!(0, key: "k"))
    end
  end

  def late
    reserve.tap do
      travel 61
      end_leases
    end
  end

  def charges(one = budget)
    one.charges.order(:id).map { |charge| [charge.kind, charge.cost_usd.to_s("F")] }
  end

  def totals
    [budget, other].map { |one| [spent(one), model.find(one.id)[:reserved_usd]] }
  end

  # Somebody else comes first, each time that the fast path leaves an act to the careful one.
  def before_the_careful_path(&other)
    once = [other]
    allow(LlmRouter::Budget::CarefulPath).to receive(:new).and_wrap_original do |original, *arguments|
      once.shift&.call
      original.call(*arguments)
    end
  end

  paid = [%w[estimate 0.5], %w[correction -0.375]]
  returned = [%w[estimate 0.5], %w[correction -0.5]]

  { "one row" => -> { budget }, "two rows" => -> { LlmRouter::Budgets.new([other, budget]) } }.each do |name, rows|
    Databases::NAMES.each do |database|
      describe "with #{name} on #{database}", database: database do
        let(:payer) { instance_exec(&rows) }

        after { expect(LlmRouter::Budget::Audit.new(model).differences).to eq([]) unless @pruned }

        before { [budget, other] }

        it "corrects the estimate to the cost, once" do
          held = late
          3.times { payer.settle!(held, "0.125") }
          expect([charges, *totals.first]).to eq([paid, usd("0.125"), 0])
        end

        it "takes the estimate back when the attempt cost nothing, once" do
          held = late
          3.times { payer.release!(held) }
          expect([charges, *totals.first]).to eq([returned, 0, 0])
        end

        it "takes it back once, though processes do it at the same moment" do
          held = late
          payer
          in_processes(4) { payer.release!(held) }
          expect([charges, *totals.first]).to eq([returned, 0, 0])
        end

        it "does so where the lease ends between the fast path and the careful one" do
          held = reserve
          travel 61
          # The fast path does nothing, as if it had come after another.
          fast = LlmRouter::Budget::Statement.on(connection, [budget]).class
          allow_any_instance_of(fast).to receive(:release).and_wrap_original do |original, *arguments|
            original.call(*arguments) if @again
          end
          before_the_careful_path do
            @again = true
            end_leases
          end
          payer.release!(held)
          expect([charges, *totals.first]).to eq([returned, 0, 0])
        end

        it "releases a reservation whose lease is up, and nobody has ended" do
          held = reserve
          travel 61
          2.times { payer.release!(held) }
          end_leases
          expect([charges, totals]).to eq([[], [[0, 0]] * 2])
        end

        it "charges an attempt once that is settled after its release" do
          held = late
          payer.release!(held)
          2.times { payer.settle!(held, "0.125") }
          expect(charges).to eq(returned)
        end

        it "charges the cost of an attempt that was released before its lease ended" do
          held = reserve
          payer.release!(held)
          travel 61
          end_leases
          2.times { payer.settle!(held, "0.125") }
          payer.release!(held)
          expect([charges, *totals.first]).to eq([[%w[cost 0.125]], usd("0.125"), 0])
        end

        it "leaves an estimate alone where the attempt turns out to be uncertain, and corrects it later" do
          held = late
          payer.uncertain!(held, attempt: LlmRouter::Attempt.new(generation_id: "gen-1"))
          expect([charges, *totals.first]).to eq([[%w[estimate 0.5]], usd("0.5"), 0])
          payer.settle!(held, "0.125")
          expect(charges).to eq(paid)
        end

        it "charges the estimate of an uncertain attempt when its lease ends, and corrects it" do
          held = reserve
          payer.uncertain!(held, attempt: LlmRouter::Attempt.new(generation_id: "gen-1"))
          travel 61
          end_leases
          expect(charges).to eq([%w[estimate 0.5]])
          payer.release!(held)
          expect([charges, *totals.first]).to eq([returned, 0, 0])
        end

        it "corrects an estimate that was charged in the new period, though it was reserved in the old one" do
          travel_to Time.utc(2026, 1, 31, 23, 59, 30)
          [budget, other].each { |one| one.update!(period: "monthly", period_started_on: Date.new(2026, 1, 1)) }
          held = reserve
          travel_to Time.utc(2026, 2, 1, 0, 1)
          end_leases
          expect(spent(budget)).to eq(usd("0.5"))
          2.times { payer.release!(held) }
          expect([charges, *totals.first]).to eq([returned, 0, 0])
        end

        it "leaves a period that is over as it was" do
          travel_to Time.utc(2026, 1, 31, 23, 50)
          [budget, other].each { |one| one.update!(period: "monthly", period_started_on: Date.new(2026, 1, 1)) }
          held = late
          travel_to Time.utc(2026, 2, 1, 0, 1)
          2.times { payer.release!(held) }
          expect(totals.first).to eq([0, 0])
        end

        it "says nothing where the charges of the time were deleted" do
          held = late
          @pruned = true
          model::Charge.delete_all
          payer.release!(held)
          expect(charges).to eq([])
        end

        it "releases nothing twice where the policy is to release" do
          LlmRouter.configure { |config| config.on_uncertain = :release }
          held = late
          2.times { payer.release!(held) }
          expect([charges, totals]).to eq([[], [[0, 0]] * 2])
          payer.settle!(held, "0.125")
          expect(charges).to eq([%w[cost 0.125]])
        end
      end
    end
  end

  Databases::NAMES.each do |database|
    describe "of two rows on #{database}", database: database do
      let(:payer) { LlmRouter::Budgets.new([other, budget]) }

      after { expect(LlmRouter::Budget::Audit.new(model).differences).to eq([]) }

      it "takes the estimate of one back, and releases the other" do
        held = reserve
        travel 61
        end_leases(budget)
        expect(totals).to eq([[usd("0.5"), 0], [0, usd("0.5")]])
        2.times { payer.release!(held) }
        expect([totals, charges, charges(other)]).to eq([[[0, 0]] * 2, returned, []])
      end

      it "corrects one whose day is over and one whose month goes on" do
        travel_to Time.utc(2026, 1, 10, 23, 50)
        budget.update!(period: "daily", period_started_on: Date.new(2026, 1, 10))
        held = late
        travel_to Time.utc(2026, 1, 11, 0, 1)
        2.times { payer.settle!(held, "0.125") }
        expect(totals).to eq([[0, 0], [usd("0.125"), 0]])
        expect(charges(other)).to eq(paid)
      end
    end
  end
end
