# frozen_string_literal: true

namespace :llm_router do
  desc "Check that every LLM budget agrees with its charges and reservations, and the record of calls with the charges"
  task audit_budgets: :environment do
    Rails.application.eager_load!
    models = LlmRouter::Budget.models
    [LlmRouter::Budget::Audit, LlmRouter::CallRecord::Audit].map { |audit| audit.run(models) }.all? || exit(1)
  end
end
