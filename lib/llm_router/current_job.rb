# frozen_string_literal: true

class LlmRouter
  # Knows which Active Job this thread performs, and counts the attempts that it makes. A job that is
  # performed again makes the same ones, so that their reservations have the same keys.
  # @api private
  module CurrentJob
    HERE = :llm_router_current_job
    private_constant :HERE

    # @!attribute [r] id
    #   @return [String]
    # @!attribute [rw] attempts
    #   @return [Integer]
    Run = Struct.new(:id, :attempts)

    module_function

    # @yield the job's perform
    def with(id, &)
      id == current&.id ? yield : FiberLocal.set(HERE, Run.new(id, 0), &)
    end

    # @return [Run, nil]
    def current
      Thread.current[HERE]
    end

    # For ActiveJob::Base, so that every job is known, whatever it includes.
    module Callback
      # @param base [Class]
      def self.included(base)
        base.around_perform { |job, block| CurrentJob.with(job.job_id, &block) }
      end
    end
  end
end
