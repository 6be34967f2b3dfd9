# frozen_string_literal: true

require_relative "killing"

RSpec.describe LlmRouter::RememberedAnswers, "of a job that kill -9 ends before or after any statement", :slow do
  include Remembering
  include_context "with a job whose process is killed"

  # @return [Boolean] whether the process was killed
  def killed_at?(number)
    killer = Killing::Killer.new(nil, //, number)
    perform { ActiveSupport::Notifications.subscribe("sql.active_record", killer) }.signaled?
  end

  %i[mariadb sqlite].each do |database|
    describe "on #{database}", database: database do
      # The reservations of killed runs stay.
      before { budget.update!(cap_usd: 1000) }

      it "are bought again only if neither they nor their charge are there" do
        serve(nil)
        places = (1..).take_while do |number|
          charges = budget.charges.count
          bills.clear
          Draft.delete_all
          next unless killed_at?(number)

          kept = budget.charges.count - charges
          expect(answers_table.count).to be <= kept
          expect(perform).to be_success
          expect(bills.size).to be_between(1, 2 - kept)
          expect([Draft.pluck(:content), answers_table.count, budget.charges.count - charges]).to eq([["Hi"], 0, 1])
          expect(LlmRouter::Budget::Audit.new(model).differences).to eq([])
          true
        end
        expect(places.size).to be >= 20
      end
    end
  end
end
