# frozen_string_literal: true

require "active_job"
require_relative "budget_helper"
require_relative "../support/article/app"

# At-least-once delivery: a queue may hand out a job twice, and again when its worker was killed.
RSpec.describe "LlmRouter::Budget, in copies of one job", :slow do
  Databases::NAMES.each do |database|
    describe "on #{database}", database: database do
      let(:budget) { model.for(nil) }

      before do
        stub_const("CopiedJob", Class.new(ApplicationJob) do
          include LlmRouter::JobTracking
          def perform(budget)
            LlmRouter.new(budget: budget).call(messages: Support::MESSAGES, max_tokens: 1).content
          end
        end)
        prices
        gateway.answer("Hi", cost_usd: "0.01")
      end

      # Each attempt can cost 0.01 USD.
      def prices(**settings)
        configure(price_ttl: nil, timeout: 10, deadline: 20, lease_margin: 20, **settings) do |config|
          Support::CHAIN.each { |name| config.price name, prompt: "0", completion: "0.01" }
        end
      end

      def run(id = "the-job")
        CopiedJob.new(model.find(budget.id)).tap { |job| job.job_id = id }.perform_now
      end

      def refusal
        run
        nil
      rescue LlmRouter::BudgetExceeded => e
        e
      end

      def lease_ends_at
        model::Reservation.minimum(:expires_at)
      end

      # With its request on the wire.
      def killed_run
        gateway.hang(times: 1)
        pid = fork { work { run } }
        gateway.await_requests(1)
        Process.kill(:KILL, pid)
        Process.wait(pid)
      end

      it "spends no more than the cap, though five processes run it at once" do
        gateway.answer("Hi", cost_usd: "0.01", delay: 1)
        budget.update!(cap_usd: "0.015")
        in_processes(5) { refusal }
        expect(gateway.requests.size).to eq(1)
        expect([spent(budget), budget.reserved_usd]).to eq([usd("0.01"), 0])
      end

      it "spends no more than the cap, though five threads run it at once" do
        gateway.answer("Hi", cost_usd: "0.01", delay: 1)
        budget.update!(cap_usd: "0.015")
        Array.new(5) { Thread.new { model.connection_pool.with_connection { refusal } } }.each(&:join)
        expect([gateway.requests.size, spent(budget)]).to eq([1, usd("0.01")])
      end

      it "answers at once after a kill where there is room for both" do
        budget.update!(cap_usd: "0.02")
        killed_run
        expect(run).to eq("Hi")
        expect([spent(budget), budget.reserved_usd]).to eq([usd("0.01"), usd("0.01")])
      end

      it "is refused after a kill until the lease is up, and answers then" do
        prices(on_uncertain: :release)
        budget.update!(cap_usd: "0.015")
        killed_run
        expect(refusal.retry_after).to be_between(0, lease_ends_at - Time.now)
        travel_to(lease_ends_at - 2)
        expect(refusal.retry_after).to be_between(0, lease_ends_at - Time.now)
        travel_to(lease_ends_at + 1)
        expect(run).to eq("Hi")
        expect([spent(budget), budget.reserved_usd]).to eq([usd("0.01"), 0])
      end

      it "answers after a kill whose estimate is charged, as soon as the cap has room for both" do
        budget.update!(cap_usd: "0.015")
        killed_run
        travel_to(lease_ends_at + 1)
        expect(refusal).to have_attributes(retry_after: nil, left_usd: usd("0.005"))
        budget.update!(cap_usd: "0.02")
        expect(run).to eq("Hi")
        expect(spent(budget)).to eq(usd("0.02"))
      end
    end
  end
end
