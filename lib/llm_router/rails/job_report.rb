# frozen_string_literal: true

class LlmRouter
  # Reports a job that will not run again: by an event, a log line, and +Rails.error+ if the queue does not have the
  # error.
  # @api private
  class JobReport
    include Spans

    # @param job [String] its class
    # @param job_id [String]
    def initialize(job, job_id)
      @config = LlmRouter.config
      @events = @config.events
      @job = { job: job, job_id: job_id }
    end

    # @param error [Error]
    # @return [void]
    def discarded(error)
      emit("job_discarded", **@job, "error.type": error.class.name, message: error.message)
      return unless Object.const_defined?(:Rails) && ::Rails.respond_to?(:error)

      ::Rails.error.report(error, handled: true, context: @job)
    end

    # The error was raised to the queue.
    # @param error [Error]
    # @return [void]
    def gave_up(error)
      emit("job_gave_up", **@job, "error.type": error.class.name, message: error.message)
    end
  end
end
