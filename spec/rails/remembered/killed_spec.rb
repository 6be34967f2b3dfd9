# frozen_string_literal: true

require_relative "killing"

# A job whose process is killed at a place of its run, and which its queue then runs again.
RSpec.describe LlmRouter::RememberedAnswers, "of a job that kill -9 ends", :slow, database: :postgresql do
  include Remembering
  include_context "with a job whose process is killed"

  charge = /INSERT INTO "llm_charges"/
  answer = /INSERT INTO "llm_answers"/
  # The moment, what the statement says, and which of those it is.
  in_sql = {
    "before it looks for an answer" => [:start, /SELECT answer/, 1],
    "when there is none" => [:finish, /SELECT answer/, 1],
    "before its money is reserved" => [:start, /INSERT INTO "llm_reservations"/, 1],
    "when its money is reserved" => [:finish, /INSERT INTO "llm_reservations"/, 1],
    "when the answer has arrived" => [:start, /\ABEGIN/, 1],
    "when the settlement has begun" => [:finish, /\ABEGIN/, 1],
    "when the budget is locked" => [:finish, /FOR UPDATE/, 1],
    "before the charge" => [:start, charge, 1],
    "after the charge" => [:finish, charge, 1],
    "before the answer is written" => [:start, answer, 1],
    "after the answer is written" => [:finish, answer, 1],
    "before both are committed" => [:start, /\ACOMMIT/, 1],
    "when both are committed" => [:finish, /\ACOMMIT/, 1],
    "before the job's own transaction" => [:start, /\ABEGIN/, 2],
    "when the job has written its result" => [:finish, /INSERT INTO "drafts"/, 1],
    "before the job's own commit" => [:start, /\ACOMMIT/, 2],
    "after the job's own commit" => [:finish, /\ACOMMIT/, 2],
    "before its answers are deleted" => [:start, /DELETE FROM "llm_answers"/, 1],
    "when its answers are deleted" => [:finish, /DELETE FROM "llm_answers"/, 1]
  }
  kept_from = "when both are committed"
  elsewhere = ["when the request has arrived", "when the provider has billed", "when the call has returned",
               "at the end of its perform"]
  kept = in_sql.keys.drop_while { |place| place != kept_from } + elsewhere.last(2)

  def kill_at(place, statement)
    perform do
      DraftJob.instance_variable_set(:@place, place)
      ActiveSupport::Notifications.subscribe("sql.active_record", statement) if statement
    end
  end

  [*in_sql.keys, *elsewhere].each do |place|
    it "are #{kept.include?(place) ? 'not bought again' : 'bought'} by the next run: #{place}" do
      serve(place)
      statement = in_sql[place]
      status = kill_at(place, statement && Killing::Killer.new(*statement))
      expect(status.termsig).to eq(9)
      deleted = place == in_sql.keys.last
      expect(answers_table.count).to eq(kept.include?(place) && !deleted ? 1 : 0)
      # A charge and its answer are there together, or not at all.
      expect(budget.charges.count).to eq(kept.include?(place) ? 1 : 0)
      gateway.reset!
      serve(nil)
      expect(perform).to be_success
      expect(bills.size).to eq(1) if kept.include?(place)
      expect(bills.size).to be <= 2
      expect([Draft.pluck(:content), answers_table.count, budget.charges.count]).to eq([["Hi"], 0, 1])
      expect(LlmRouter::Budget::Audit.new(model).differences).to eq([])
    end
  end
end
