# frozen_string_literal: true

require "English"
require "json"

class LlmRouter
  # Checks what calls need: keys, models, budgets, tables, jobs, the machine. See docs/doctor.md.
  #
  # @example
  #   puts LlmRouter.doctor
  module Doctor
    # In the order in which they report.
    CHECKS = %i[Key Rungs Expiration ProviderPrices Window SupportedParameters Vendors Caps TableColumns Indexes
                HealthStore JobAdapter Workers Pool Deadline Certificates Clock DebugLog Yjit Library].freeze

    %w[finding report lenient listing check lookups endpoint_check rung_check database_check runner terminal]
      .each { |file| require "llm_router/doctor/#{file}" }
    [*CHECKS, :Schema, :Queues].each do |name|
      file = name.to_s.gsub(/(?<=[a-z])(?=[A-Z])/, "_").downcase
      autoload(name, File.join(__dir__, "doctor", "#{file}.rb"))
    end

    module_function

    # Runs all checks. They run side by side, and each has a time limit: all of it takes less than ten seconds.
    # @param config [Configuration]
    # @return [Report]
    # @api private
    def examine(config = Configuration.current)
      Runner.new(CHECKS.map { |name| const_get(name) }, config).report
    end

    # Lets the process exit although a check hangs: a driver that connects in C cannot be interrupted.
    # @return [void]
    # @api private
    def leave_threads
      return if Thread.list.none? { |thread| thread.name == Runner::THREAD }

      at_exit do
        [$stdout, $stderr].each(&:flush)
        exit!($ERROR_INFO.nil? || ($ERROR_INFO.is_a?(SystemExit) && $ERROR_INFO.success?))
      end
    end
  end
end
