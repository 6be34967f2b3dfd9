# frozen_string_literal: true

namespace :llm_router do
  desc "Check that every LLM budget agrees with its charges and reservations"
  task audit_budgets: :environment do
    Rails.application.eager_load!
    LlmRouter::Budget::Audit.run(LlmRouter::Budget.models) || exit(1)
  end
end
