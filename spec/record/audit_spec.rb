# frozen_string_literal: true

require_relative "record_helper"

RSpec.describe LlmRouter::CallRecord::Audit do
  %i[postgresql mariadb sqlite].each do |database|
    describe "on #{database}", database: database do
      # Half an hour later, so that the five minutes of the calls are over, and others before them.
      def differences
        flush
        earlier = { chain: "", feature: "", environment: "production", model: "", outcome: "answered",
                    starts_at: Time.now - 3600 }
        connection.execute(LlmRouter::CallRecord::Stat.insert(connection, [earlier]))
        described_class.new([model], environment: "production", now: Time.now + 1800).differences
      end

      it "finds that the statistics are the charges, whoever paid, and whatever an attempt cost that failed" do
        record
        gateway.answer("Hi", cost_usd: "0.00012749999999999998")
        both = [row_budget, row_budget(feature: :chat)]
        3.times { LlmRouter.new(budget: both).call(messages: Support::MESSAGES, max_tokens: 10) }
        gateway.answer("", Support::PRIMARY, cost_usd: "0.0007", finish_reason: "length")
        gateway.answer("Hi", Support::SECONDARY, cost_usd: "0.0001")
        LlmRouter.new(budget: both).call(messages: Support::MESSAGES, max_tokens: 10)
        ask # A budget in memory is not in the ledger.
        both.first.charge!("3") # Not of a call.
        expect(sum(:charged_usd)).to eq(usd("0.00118249999999999994"))
        expect(differences).to eq([])
      end

      it "says what differs" do
        record
        gateway.answer("Hi", cost_usd: "0.5")
        LlmRouter.new(budget: row_budget).call(messages: Support::MESSAGES, max_tokens: 10)
        flush
        connection.execute("DELETE FROM llm_charges")
        expect(differences).to match([/were charged 0\.5 USD, and the charges are 0\.0 USD: 0\.5 USD apart/])
      end

      it "counts a cost that became known later once, for the attempt" do
        record
        gateway.answer("Hi", cost_usd: "0.5")
        attempt = LlmRouter::Attempt.new(model: "a/b", endpoint: "openrouter")
        [row_budget, row_budget(feature: :chat)].each { |row| row.charge!("0.25", attempt: attempt) }
        LlmRouter::CallRecord.recorder.settled("a/b", usd("0.25"))
        expect(differences).to eq([])
      end

      it "puts the tags of a call on its charge" do
        record
        gateway.answer("Hi", cost_usd: "0.5")
        budget = row_budget
        LlmRouter.new(budget: budget).call(messages: Support::MESSAGES, max_tokens: 10, tags: { tenant: "7" })
        LlmRouter.new(budget: budget).call(messages: Support::MESSAGES, max_tokens: 10)
        expect(budget.charges.order(:id).pluck(:tags)).to eq(['{"tenant":"7"}', nil])
      end
    end
  end
end
