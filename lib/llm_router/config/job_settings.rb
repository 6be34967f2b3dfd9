# frozen_string_literal: true

class LlmRouter
  # The settings of a {Configuration} about {ChargeJob} and {SettleJob}.
  module JobSettings
    # @return [String, Class] what they inherit from; default "ActiveJob::Base"
    attr_reader :job_parent
    # @return [String, Symbol, nil] their queue; default nil, for that of {#job_parent}, which is "default" unless it
    #   sets another
    attr_reader :job_queue

    # A name is looked up when the first of these jobs is enqueued or performed, and again when the app's code is
    # reloaded.
    # @param value [String, Class] a class below +ActiveJob::Base+, or its name
    # @raise [ConfigurationError]
    # @example
    #   config.job_parent = "ApplicationJob"
    def job_parent=(value)
      @job_parent = Setting.job_class("job_parent", value)
    end

    # @param value [String, Symbol, nil]
    # @raise [ConfigurationError]
    # @example
    #   config.job_queue = :low
    def job_queue=(value)
      Setting.name("job_queue", value) unless value.nil?
      @job_queue = value.frozen? ? value : value.dup.freeze
    end

    private

    def set_job_defaults
      @job_parent = "ActiveJob::Base"
      @job_queue = nil
    end
  end
end
