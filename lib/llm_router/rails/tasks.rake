# frozen_string_literal: true

namespace :llm_router do
  desc "Say what came of the failures of a month: llm_router:report[2026-11], or [2026-11,json]"
  task :report, %i[month format] => :environment do |_, given|
    report = LlmRouter::CallRecord.report(given[:month])
    puts given[:format] == "json" ? JSON.pretty_generate(report.to_h) : report
  end

  desc "Check that every LLM budget agrees with its charges and reservations, and the record of calls with the charges"
  task audit_budgets: :environment do
    Rails.application.eager_load!
    models = LlmRouter::Budget.models
    [LlmRouter::Budget::Audit, LlmRouter::CallRecord::Audit].map { |audit| audit.run(models) }.all? || exit(1)
  end
end
