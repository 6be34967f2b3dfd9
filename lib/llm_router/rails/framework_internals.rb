# frozen_string_literal: true

class LlmRouter
  # All that jobs and connections use of Active Job and Active Record without their promising it; the ledger's part is
  # {Database::AdapterInternals}. A public way is taken where one of these is missing;
  # spec/rails/framework_internals_spec.rb names what is.
  # @api private
  module FrameworkInternals
    # From Rails 8.1 on, a continuation that has advanced resumes soon after any error. Leaves errors of a call to the
    # job's handlers.
    module Continuation
      private

      # Rails 8.1 passes the error in a Hash.
      def resume_job(exception)
        error = exception.is_a?(Hash) ? exception[:exception] : exception
        is_a?(Job) && error.is_a?(Error) ? raise(error) : super
      end
    end

    module_function

    # @param job [ActiveJob::Base]
    # @return [Integer] how often it ran and failed with such an error, this time too
    def executions_for(job, kind)
      job.respond_to?(:executions_for, true) ? job.send(:executions_for, [kind]) : job.executions
    end

    # Tells subscribers of Active Job's events, as its own retry_on and discard_on do.
    # @param job [ActiveJob::Base]
    # @param operation [Symbol]
    # @return [void]
    def instrument(job, operation, error)
      job.send(:instrument, operation, error: error) if job.respond_to?(:instrument, true)
    end

    # Rails 7.1 and later have it.
    # @param job [ActiveJob::Base]
    # @return [void]
    def after_discard(job, error)
      job.send(:run_after_discard_procs, error) if job.respond_to?(:run_after_discard_procs, true)
    end

    # From Rails 7.2 on, a connection that is not leased permanently belongs to a block.
    # @param pool [ActiveRecord::ConnectionAdapters::ConnectionPool]
    # @return [Boolean]
    def leased?(pool)
      !pool.respond_to?(:connection_lease, true) || pool.send(:connection_lease).sticky == true
    end

    # Only the call stack shows it.
    # @return [Boolean] whether the caller is inside a +with_connection+ block, which may use a leased connection
    def in_with_connection?
      caller_locations.any? { |frame| frame.base_label == "with_connection" && frame.path.include?("/active_record/") }
    end
  end
end
