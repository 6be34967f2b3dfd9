# frozen_string_literal: true

class LlmRouter
  # The settings of a {Configuration} about jobs: those of the app, and {ChargeJob} and {SettleJob}.
  module JobSettings
    # @return [String, Class] what they inherit from; default "ActiveJob::Base"
    attr_reader :job_parent
    # @return [String, Symbol, nil] their queue; default nil, for that of {#job_parent}, which is "default" unless it
    #   sets another
    attr_reader :job_queue
    # @return [Float, nil] seconds that an answer is kept for the next run of its job; default nil: no answer is stored
    attr_reader :remember_answers
    # @return [#read, #write, #delete, nil] an +ActiveSupport::Cache+ that keeps the answers; default nil: the table
    #   +llm_answers+
    attr_reader :answer_store

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

    # **Stores what models answer**, encrypted with the app's +secret_key_base+, until the job succeeds or the time is
    # up. A job that includes {Job} or {SidekiqWorker} and runs again then gets each answer that is paid for without a
    # request. OpenRouter is asked to keep it, too. See docs/jobs.md.
    # @param value [Numeric, nil, false] seconds; longer than a queue takes to run a killed job again
    # @raise [ConfigurationError]
    # @example
    #   config.remember_answers = 15.minutes
    def remember_answers=(value)
      @remember_answers = value ? Setting.seconds("remember_answers", value) : nil
    end

    # @param value [#read, #write, #delete, nil]
    # @raise [ConfigurationError]
    # @example
    #   config.answer_store = Rails.cache
    def answer_store=(value)
      unless value.nil? || %i[read write delete].all? { |name| value.respond_to?(name) }
        raise ConfigurationError, "answer_store is a #{value.class}: give an ActiveSupport::Cache, such as " \
                                  "Rails.cache, or nil for the table llm_answers"
      end

      @answer_store = value
    end

    private

    def set_job_defaults
      @remember_answers = @answer_store = nil
      @job_parent = "ActiveJob::Base"
      @job_queue = nil
    end
  end
end
