# frozen_string_literal: true

class LlmRouter
  module SidekiqWorker
    # One run of a worker's job.
    # @api private
    class Run
      # @param worker_class [Class]
      # @param count [Integer] how many retries there have been
      # @param error [Exception]
      # @return [Integer, nil] seconds until Sidekiq retries; nil for Sidekiq's own wait
      def self.retry_in(worker_class, count, error)
        return unless JobPolicy::ERRORS.any? { |kind| error.is_a?(kind) }

        # Sidekiq counts the retries.
        JobPolicy.decide(error, worker_class, Float::INFINITY) { count + 1 }.wait
      end

      # @param job [Hash]
      # @param error [Exception]
      # @return [void]
      def self.gave_up(job, error)
        JobReport.new(job["class"], job["jid"]).gave_up(error) if error.is_a?(Error)
      end

      # @param worker [SidekiqWorker]
      # @param arguments [Array]
      def initialize(worker, arguments)
        @worker = worker
        @arguments = arguments
      end

      # @yield the worker's perform
      # @return [Object, nil] what the block returns
      def call(&)
        CurrentJob.with(@worker.jid, method(:progress), @worker.class.name) do
          RememberedAnswers.during { DeferredCharge.with(method(:charge_later), &) }
        end
      rescue *JobPolicy::ERRORS => e
        handle(e)
      end

      private

      def handle(error)
        # Sidekiq counts the retries, and calls {.retry_in} for the wait.
        decision = JobPolicy.decide(error, @worker.class, Float::INFINITY) { 1 }
        case decision.action
        when :wait then wait(decision.wait)
        when :discard then JobReport.new(@worker.class.name, @worker.jid).discarded(error)
        else raise error
        end
      end

      # Schedules the same job, which does not count as a retry.
      def wait(seconds)
        job = Middleware.job || { "class" => @worker.class, "args" => @arguments, "jid" => @worker.jid }
        @worker.class.client_push(job.merge("at" => Time.now.to_f + seconds))
        nil
      end

      # Where a Sidekiq::IterableJob resumed.
      def progress
        @worker.instance_variable_defined?(:@_cursor) ? [@worker.instance_variable_get(:@_cursor)].compact : []
      end

      # @return [Boolean] whether the charge is enqueued; only a record can be a job argument
      def charge_later(budget, cost_usd, attempt)
        records = Budgets.new([budget]).budgets
        return false unless records.all? { |record| BudgetAddress.possible?(record) }

        # Sidekiq takes JSON types only.
        details = attempt.to_h.to_h { |name, value| [name.to_s, value.is_a?(Symbol) ? value.to_s : value] }
        records.each { |record| ChargeWorker.perform_async(BudgetAddress.of(record), cost_usd.to_s("F"), details) }
        true
      rescue StandardError
        false
      end
    end
  end
end
