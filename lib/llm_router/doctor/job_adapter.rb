# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether a charge that failed can be made later, by a job that survives this process.
    # @api private
    class JobAdapter < Check
      LOSE = { "AsyncAdapter" => "loses its jobs with the process",
               "SuckerPunchAdapter" => "loses its jobs with the process", "InlineAdapter" => "cannot make a job wait",
               "TestAdapter" => "runs no job" }.freeze
      ADVICE = "Set config.active_job.queue_adapter to one that keeps its jobs, such as :sidekiq or :solid_queue"
      private_constant :LOSE, :ADVICE

      private

      def examine
        unless known("ActiveJob::Base")
          return yellow("Active Job is not loaded, so a charge that fails is only raised",
                        "Rescue LlmRouter::ChargeFailed, or load Active Job")
        end

        kind = kind_of(ChargeJob.queue_adapter)
        return green("#{kind} keeps its jobs") unless LOSE.key?(kind)

        note(production? ? :red : :yellow, "#{kind} #{LOSE.fetch(kind)}", ADVICE)
      rescue ConfigurationError => e
        red(e.message, "Correct config.job_parent")
      rescue LoadError
        red("the adapter of Active Job cannot be loaded", "Add its gem to the Gemfile")
      end
    end
  end
end
