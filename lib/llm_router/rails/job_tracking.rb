# frozen_string_literal: true

class LlmRouter
  # For ActiveJob::Base: sets {CurrentJob} while a thread performs a job, whatever the job includes.
  # @api private
  module JobTracking
    # What changes with each run of a job that resumes: of ActiveJob::Continuable, and of the gem job-iteration.
    PROGRESS = %i[resumptions cursor_position].freeze
    private_constant :PROGRESS

    # @param base [Class]
    def self.included(base)
      base.around_perform do |job, block|
        CurrentJob.with(job.job_id, -> { JobTracking.progress(job) }, job.class.name, &block)
      end
    end

    # @return [Array] where a job that resumed began; empty at the beginning
    def self.progress(job)
      PROGRESS.filter_map { |name| job.public_send(name) if job.respond_to?(name) } - [0]
    end
  end
end
