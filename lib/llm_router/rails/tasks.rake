# frozen_string_literal: true

require "llm_router/rails/json_output"

namespace :llm_router do
  desc "Say what came of the failures of a month: llm_router:report[2026-11], or of [2026-11-01..2026-11-28], and -- " \
       "--json for JSON"
  task :report, %i[month format] => %i[json_output environment] do |_, given|
    report = LlmRouter::CallRecord.report(given[:month].presence)
    json = LlmRouter::JsonOutput.wanted?(given[:format])
    found = LlmRouter::Progress.of("reading the record") { json ? report.to_h : report.to_s }
    json ? LlmRouter::JsonOutput.print(found) : puts(found)
  end

  desc "Switch models off: llm_router:switch_off[anthropic/*,2h,degraded], or 90m, 1d, or seconds"
  task :switch_off, %i[pattern for reason] => :environment do |_, given|
    seconds = LlmRouter::CallRecord::SwitchInput.seconds(given[:for])
    puts LlmRouter.switch_off(given[:pattern], for: seconds, by: ENV.fetch("BY", nil), reason: given[:reason])
  end

  desc "Switch models on again: llm_router:switch_on[anthropic/*]"
  task :switch_on, %i[pattern] => :environment do |_, given|
    puts LlmRouter.switch_on(given[:pattern], by: ENV.fetch("BY", nil))
  end

  desc "List the models that are switched off"
  task switches: :environment do
    switches = LlmRouter.switches
    puts switches.empty? ? "Nothing is switched off." : switches
  end

  desc "Check what LLM calls need: llm_router:doctor, or llm_router:doctor[json], or llm_router:doctor -- --json"
  task :doctor, %i[format] => %i[json_output environment] do |_, given|
    Rails.application.eager_load!
    report = LlmRouter.doctor
    json = LlmRouter::JsonOutput.wanted?(given[:format])
    json ? LlmRouter::JsonOutput.print(report.to_h) : LlmRouter::Doctor::Terminal.print(report)
    LlmRouter::Doctor.leave_threads
    exit(1) unless report.ok?
  end

  # Before the app boots, which may print.
  task :json_output, %i[format] do |_, given|
    LlmRouter::JsonOutput.reserve if LlmRouter::JsonOutput.wanted?(given[:format])
  end

  desc "Check that every LLM budget agrees with its charges and reservations, and the record of calls with the charges"
  task audit_budgets: :environment do
    Rails.application.eager_load!
    models = LlmRouter::Budget.models
    [LlmRouter::Budget::Audit, LlmRouter::CallRecord::Audit].map { |audit| audit.run(models) }.all? || exit(1)
  end
end

# What follows a -- is a task's name to Rake.
task("--json") if ARGV.include?("--json")
