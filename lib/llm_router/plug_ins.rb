# frozen_string_literal: true

class LlmRouter
  # The only file that names what plugs in from outside: Rails, Active Job, Active Record, Sidekiq, the ledger, tests.
  # Each is loaded when it is first used, and none is required.
  # @api private
  module PlugIns
    CONSTANTS = {
      Budget: "budget", CallRecord: "record", Dashboard: "dashboard", Database: "database", Doctor: "doctor",
      BudgetAddress: "rails/budget_address", BudgetJob: "rails/budget_job", BudgetJobs: "rails/budget_jobs",
      ChargeOnce: "rails/charge_once", DatabaseConnections: "rails/database_connections", Enqueue: "rails/enqueue",
      FaradayAdapter: "faraday/faraday_adapter", RubyLlmAdapter: "faraday/ruby_llm_adapter",
      FrameworkInternals: "rails/framework_internals",
      Job: "rails/job", JobPolicy: "rails/job_policy", JobReport: "rails/job_report",
      JobTracking: "rails/job_tracking", OnBudgetExceeded: "rails/on_budget_exceeded",
      QueuedCharge: "rails/queued_charge", RememberedAnswers: "rails/remembered_answers",
      SidekiqWorker: "sidekiq/sidekiq_worker",
      # Loaded again when their parent class changes: see BudgetJobs.
      BudgetJobParent: "rails/budget_job_parent", ChargeJob: "rails/charge_job", SettleJob: "rails/settle_job"
    }.freeze
    private_constant :CONSTANTS

    CONSTANTS.each { |name, file| LlmRouter.autoload(name, File.join(__dir__, "#{file}.rb")) }
    WebRequest.autoload(:Middleware, File.join(__dir__, "rails/web_request_middleware.rb"))
    # RuboCop's `plugins: llm_router` requires the gem and then looks for its plugin.
    ::RuboCop.autoload(:LlmRouter, File.join(__dir__, "rubocop/plugin.rb")) if defined?(::RuboCop::Plugin)

    Hooks.on(:environment) { ::Rails.env.to_s if defined?(::Rails) && ::Rails.respond_to?(:env) }
    Hooks.on(:before_wait) { DatabaseConnections.release }
    Hooks.on(:recordable) { !defined?(::ActiveRecord).nil? }
    Hooks.on(:call_begins) { CallRecord.recorder.began }
    Hooks.on(:call_ended) do |chain, labels, outcome, hops, response, seconds, unreturned| # rubocop:disable Metrics/ParameterLists
      ended = CallRecord::EndedCall.new(chain, labels, outcome, hops, response, seconds, unreturned)
      CallRecord.recorder.ended(ended)
    end
    Hooks.on(:cost_settled) { |model, usd| CallRecord.recorder.settled(model, usd) }
    Hooks.on(:cost_unknown) do |budget, attempt|
      SettleJob.enqueue_for(budget, attempt) if Object.const_defined?("ActiveJob::Base")
    end

    module_function

    # Lets a Faraday connection name the adapter, where Faraday is loaded.
    # @return [void]
    def load_faraday
      return if @faraday || !defined?(::Faraday::Adapter)

      @faraday = true
      ::Faraday::Adapter.register_middleware(llm_router: -> { FaradayAdapter })
    end

    # Loads the Railtie, also where Rails was loaded after this gem: by a spec_helper, or with require: false.
    # @return [void]
    def load_railtie
      load_faraday
      return if @railtie || !defined?(::Rails::Railtie)

      @railtie = true
      require "llm_router/rails/railtie"
    end

    # @return [Class] what switches models off: see {LlmRouter.switch_off}
    # @raise [ConfigurationError] processes of this app read no switches
    def switchboard
      return CallRecord::Switchboard if Configuration.current.record_calls

      raise ConfigurationError, "config.record_calls is false here, and processes that record no calls read no " \
                                "switches: set it to true in LlmRouter.configure, and run the generator's migrations"
    end

    # @return [Doctor::Report]
    def doctor
      Doctor.examine
    end

    # WebMock and VCR do not see what Rust sends, so a test without a scripted answer would spend money.
    # @param config [Configuration]
    # @return [Boolean] whether a call now would leave the machine from a test
    def real_call_in_test?(config)
      return false if config.allow_real_calls_in_test || !Environment.test?

      !(LlmRouter.respond_to?(:testing?) && LlmRouter.testing?)
    end

    # @param config [Configuration]
    # @return [void]
    # @raise [Testing::RealCallInTest]
    def refuse_real_call_in_test(config)
      return unless real_call_in_test?(config)

      require "llm_router/testing/real_call_in_test"
      raise Testing::RealCallInTest
    end
  end
end
