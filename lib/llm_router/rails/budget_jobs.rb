# frozen_string_literal: true

class LlmRouter
  # Loads {ChargeJob} and {SettleJob} when they are first used, below +config.job_parent+, and again when that has
  # changed.
  # @api private
  module BudgetJobs
    FILES = { BudgetJobParent: "budget_job_parent.rb", ChargeJob: "charge_job.rb", SettleJob: "settle_job.rb" }
            .transform_values { |file| File.join(__dir__, file) }.freeze
    ADVICE = "give a class below ActiveJob::Base, or its name"
    private_constant :FILES, :ADVICE

    @loaded_with = nil

    module_function

    # @return [Class] what the jobs inherit from
    # @raise [ConfigurationError]
    def parent
      config = LlmRouter.config
      @loaded_with = settings(config)
      parent = config.job_parent
      parent = Object.const_get(parent) if parent.is_a?(String)
      return parent if parent.is_a?(Class) && parent <= ActiveJob::Base

      raise ConfigurationError, "job_parent is #{config.job_parent}, which is no job: #{ADVICE}"
    rescue NameError => e
      reason = e.message.lines.first.chomp
      raise ConfigurationError, "job_parent is #{config.job_parent}, which cannot be loaded (#{reason}): #{ADVICE}"
    end

    # Unloads the classes if the configuration changed their parent or queue.
    # @param config [Configuration] the new one
    # @return [void]
    def configured(config)
      unload unless @loaded_with.nil? || @loaded_with == settings(config)
    end

    # A parent that is reloaded is another class.
    # @return [void]
    def unload
      @loaded_with = nil
      FILES.each_key { |name| LlmRouter.send(:remove_const, name) unless LlmRouter.autoload?(name) }
      $LOADED_FEATURES.reject! { |file| FILES.value?(file) }
      FILES.each { |name, file| LlmRouter.autoload(name, file) }
    end

    def settings(config)
      [config.job_parent, config.job_queue]
    end

    Hooks.on(:configured) { |config| configured(config) }
  end
end
