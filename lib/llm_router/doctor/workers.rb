# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether a worker listens to the queue of {ChargeJob}: otherwise charges are never made.
    # @api private
    class Workers < Check
      private

      def examine
        return green("there is no Active Job, and no queue", known: false) unless known("ActiveJob::Base")

        queue = ChargeJob.new.queue_name.to_s
        workers = Queues.of(ChargeJob.queue_adapter)
        unless workers
          return green("whether one listens to #{queue} is not known: #{adapter} does not say",
                       known: false)
        end

        judge(queue, workers)
      rescue ConfigurationError => e
        red(e.message, "Correct config.job_parent")
      rescue LoadError
        unknown("the adapter of Active Job cannot be loaded")
      rescue StandardError => e
        unknown("the workers cannot be read: #{e.class}", "Check the server of #{adapter}")
      end

      def adapter
        kind_of(ChargeJob.queue_adapter).delete_suffix("Adapter")
      end

      def judge(queue, workers)
        listening = workers.count { |queues| Queues.listens?(queues, queue) }
        return green("#{listening} of #{workers.size} listen to #{queue}") if listening.positive?
        return yellow("none runs now, so #{queue} waits", "Start one that listens to #{queue}") if workers.empty?

        red("#{workers.size} run, and none listens to #{queue}", "Add #{queue} to a worker's queues, or set " \
                                                                 "config.job_queue to one that they have")
      end
    end
  end
end
