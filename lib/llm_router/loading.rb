# frozen_string_literal: true

class LlmRouter
  # Loads each constant when it is first named, since most processes of an app configure the router and never call it.
  # The first router loads all of them; with +config.eager_load+ Rails does at boot, so that forks share them.
  # @api private
  module Loading
    ROOMS = {
      config: %w[budget_settings candidate chain configuration dashboard_settings endpoint environment headers
                 health_settings hedging in_force job_settings own_messages parameters record_settings
                 retry_settings secret setting settings warnings],
      money: %w[account ahead attempt bill billing bounds budget_exceeded budgets bulk_account cached_lookup current_job
                deferred_charge price prices saving spending unlimited usage worst_case],
      health: %w[health switch switches],
      events: %w[events health_events labels log money_events spans telemetry unreturned],
      call: %w[acceptance accepted_schema api batch batch_money batched_call call candidate_messages embedding_input
               embeddings endings gate hedge hedged hop input mistakable recall refusals response schema_check
               schema_references schema_words settling web_request with_hops]
    }.freeze
    CONSTANTS = ROOMS.flat_map do |room, files|
      files.map { |file| [file.split("_").map(&:capitalize).join.to_sym, File.join(__dir__, room.name, "#{file}.rb")] }
    end.to_h.freeze
    private_constant :ROOMS

    CONSTANTS.each { |name, file| LlmRouter.autoload(name, file) }
    LlmRouter.autoload(:Progress, File.join(__dir__, "events/progress.rb"))
    LlmRouter.autoload(:SharedHealth, File.join(__dir__, "health/shared_health.rb"))

    # Loads all that a call needs. What an interrupt leaves half loaded, Ruby loads again.
    # @return [void]
    # @api private
    def eager_load!
      return if @loaded

      CONSTANTS.each_key { |name| const_get(name) }
      @loaded = true
    end
  end
end
