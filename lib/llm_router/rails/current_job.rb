# frozen_string_literal: true

require "digest"

class LlmRouter
  # Knows which job this thread performs, and counts the attempts that it makes: the keys of their reservations
  # are the same in each run of the job. A run that resumes where an earlier one was makes other attempts: those
  # are named by where it was, too.
  # @api private
  module CurrentJob
    HERE = :llm_router_current_job
    private_constant :HERE

    # @!attribute [r] id
    #   @return [String]
    # @!attribute [r] place
    #   @return [#call, nil] says where a run that resumed began; nil or empty for the beginning
    # @!attribute [rw] attempts
    #   @return [Integer]
    Run = Struct.new(:id, :place, :attempts) do
      # @return [String] the idempotency key of the next attempt
      def next_key
        "#{name}/#{self.attempts += 1}"
      end

      private

      # Found out at the first attempt: by then the job knows.
      def name
        @name ||= begin
          began = place&.call
          began.nil? || began.empty? ? id : "#{id}/#{Digest::SHA256.hexdigest(began.inspect)[0, 12]}"
        end
      end
    end

    module_function

    # @param place [#call, nil] see {Run}
    # @yield the job's perform
    def with(id, place = nil, &)
      id == current&.id ? yield : FiberLocal.set(HERE, Run.new(id, place, 0), &)
    end

    # @return [Run, nil]
    def current
      Thread.current[HERE]
    end

    # For ActiveJob::Base, so that every job is known, whatever it includes.
    module Callback
      # What changes with each run of a job that resumes: of ActiveJob::Continuable, and of the gem job-iteration.
      PLACES = %i[resumptions cursor_position].freeze
      private_constant :PLACES

      # @param base [Class]
      def self.included(base)
        base.around_perform { |job, block| CurrentJob.with(job.job_id, -> { Callback.place(job) }, &block) }
      end

      # @return [Array] empty at the beginning
      def self.place(job)
        PLACES.filter_map { |name| job.public_send(name) if job.respond_to?(name) } - [0]
      end
    end
  end
end
