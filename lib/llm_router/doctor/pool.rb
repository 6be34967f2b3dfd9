# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether each thread can have a database connection.
    # @api private
    class Pool < Check
      private

      def examine
        return green("there is no Active Record, and no pool", known: false) unless known("ActiveRecord::Base")

        size = ActiveRecord::Base.connection_pool.size
        name, threads = threads().max_by(&:last)
        return green("#{size} connections, and nothing says how many threads there are", known: false) unless threads
        return green("#{size} connections for #{threads} threads (#{name})") if size.nil? || size >= threads

        yellow("#{size} connections for #{threads} threads (#{name})", advice)
      rescue ActiveRecord::ActiveRecordError => e
        unknown("no pool: #{e.class}", "Check database.yml")
      end

      def advice
        "Set pool in database.yml to the number of threads" \
          "#{', or config.release_connections = true: a call holds its connection while it waits' unless \
            config.release_connections}"
      end

      def threads
        found = { "RAILS_MAX_THREADS" => ENV.fetch("RAILS_MAX_THREADS", nil), "Sidekiq's concurrency" => sidekiq }
        found.transform_values { |count| count.to_i if count.to_s.match?(/\A\d+\z/) }.compact
      end

      def sidekiq
        return unless (sidekiq = known("Sidekiq"))
        return sidekiq.default_configuration.concurrency if sidekiq.respond_to?(:default_configuration)

        sidekiq.options[:concurrency] if sidekiq.respond_to?(:options)
      end
    end
  end
end
