# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether a queue lets a job run as long as a call may take.
    # @api private
    class Deadline < Check
      private

      def examine
        limits = self.limits
        return green("nothing says how long a job may run", known: false) if limits.empty?

        unless config.deadline
          return yellow("a call has none, and #{limits.keys.first} ends a job",
                        "Set config.deadline")
        end

        short = limits.select { |_, seconds| seconds < config.deadline }
        return green("#{seconds(config.deadline)}, within #{words(limits)}") if short.empty?

        yellow("a call may take #{seconds(config.deadline)}, longer than #{words(short)}",
               "Lower config.deadline, or raise the other: a job that is ended meanwhile leaves its reservation to " \
               "the lease, and another worker may make the same call")
      end

      # @return [Hash{String => Float}] seconds
      def limits
        { "Sidekiq's timeout at shutdown" => sidekiq, "Solid Queue's shutdown_timeout" => solid_queue,
          "GoodJob's shutdown_timeout" => good_job, "Delayed Job's max_run_time" => delayed_job,
          "the visibility timeout of SQS" => sqs }
          .compact.transform_values(&:to_f).reject { |_, limit| limit.negative? }
      end

      def sidekiq
        return unless (sidekiq = known("Sidekiq"))
        return sidekiq.default_configuration[:timeout] if sidekiq.respond_to?(:default_configuration)

        sidekiq.options[:timeout] if sidekiq.respond_to?(:options)
      end

      def solid_queue = value("SolidQueue", :shutdown_timeout)
      def delayed_job = value("Delayed::Worker", :max_run_time)

      def good_job
        configuration = value("GoodJob", :configuration)
        configuration.shutdown_timeout if configuration.respond_to?(:shutdown_timeout)
      end

      # aws-activejob-sqs, and its older name.
      def sqs
        ["Aws::ActiveJob::SQS", "Aws::Rails::SqsActiveJob"].each do |name|
          settings = value(name, :config)
          return settings.visibility_timeout if settings.respond_to?(:visibility_timeout)
        end
        nil
      end

      def value(name, setting)
        constant = known(name)
        constant.public_send(setting) if constant.respond_to?(setting)
      end

      def words(limits)
        limits.map { |name, limit| "#{name} (#{seconds(limit)})" }.join(" and ")
      end

      def seconds(number)
        "#{format('%g', number)} s"
      end
    end
  end
end
