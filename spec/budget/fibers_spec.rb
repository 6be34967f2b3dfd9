# frozen_string_literal: true

require "async"
require_relative "budget_helper"

# The fibers of a thread share its connection, and some drivers let others run while they wait.
RSpec.describe "LlmRouter::Budget, charged by the fibers of a thread", :slow do
  %i[postgresql mariadb sqlite].each do |database|
    describe "on #{database}", database: database do
      let(:budget) { model.for(organization).tap { |made| made.update!(cap_usd: 100) } }

      before do
        configure(price_ttl: nil, reserve_usd: "0.5")
        gateway.answer("Hi", cost_usd: "0.01", delay: 0.05)
        @budget = budget
      end

      it "loses no charge and makes none twice" do
        Async { |task| Array.new(30) { task.async { ask } }.each(&:wait) }.wait
        expect([budget.charges.count, spent(budget), budget.reload.reserved_usd]).to eq([30, usd("0.3"), 0])
      end

      it "agrees with its ledger whenever a task is stopped" do
        answers = []
        Async do |task|
          30.times do |index|
            call = task.async { answers << ask }
            sleep(0.005 * (index % 30))
            call.stop
          end
        end.wait
        charges = budget.charges.count
        expect(charges).to be_between(answers.size, gateway.requests.size)
        expect(spent(budget)).to eq(charges * usd("0.01"))
        expect(budget.reload.reserved_usd % usd("0.5")).to eq(0)
      end
    end
  end
end
