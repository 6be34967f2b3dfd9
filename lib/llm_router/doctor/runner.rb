# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Runs checks side by side, each on a thread of its own. A thread whose time is up is left alone, not killed: it may
    # be in the middle of taking a database connection.
    # @api private
    class Runner
      # Seconds, less than ten.
      LIMIT = 9.0
      private_constant :LIMIT
      # The name of each thread.
      THREAD = "llm_router doctor"

      # @param checks [Array<Class>] each a {Check}
      # @param config [Configuration]
      def initialize(checks, config)
        @checks = checks
        @config = config
        @lookups = Lookups.new
        @began = now
      end

      # @return [Report]
      def report
        # A pool of one connection would have none for the checks.
        release_connections
        Progress.of("checking", total: @checks.size) do |progress|
          checks = @checks.map { |check| check.new(@config, @lookups) }
          started = checks.map { |check| [check, run(check, progress)] }
          Report.new(started.flat_map { |check, thread| found(check, thread) }, now - @began)
        end
      end

      private

      def run(check, progress)
        Thread.new do
          Thread.current.name = THREAD
          Thread.current.report_on_exception = false
          check.findings
        ensure
          progress.step
          release_connections
        end
      end

      # The checks say what is wrong with a database that has no configuration.
      def release_connections
        DatabaseConnections.release
      rescue StandardError, ScriptError
        nil
      end

      def found(check, thread)
        limit = [check.class.limit, LIMIT].min
        left = @began + limit - now
        return thread.value if thread.join([left, 0].max)

        failed(check, "not known: no result within #{format('%g', limit)} s", "Run it again")
      rescue StandardError, ScriptError => e
        # The message may hold anything.
        place = e.backtrace&.first.to_s.delete_prefix("#{Dir.pwd}/")
        failed(check, "not known: the check raised #{e.class} (#{place})", nil)
      end

      def failed(check, message, advice)
        [*check.so_far, Finding.new(check: check.class.title, level: :yellow, message: message, advice: advice,
                                    known: false)]
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
    end
  end
end
