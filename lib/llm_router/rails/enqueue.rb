# frozen_string_literal: true

class LlmRouter
  # Enqueues a job that must stay though the caller's transaction rolls back: the money is spent. Where the queue is in
  # the database, the job is a row of that transaction, so another thread inserts it, on a connection of its own.
  # @api private
  module Enqueue
    # Seconds that may take; then the job is enqueued here. Twice is no harm, for it charges once.
    LIMIT = 10
    private_constant :LIMIT

    module_function

    # @param job [ActiveJob::Base]
    # @param options [Hash] as +enqueue+ takes them
    # @return [Boolean]
    def call(job, **options)
      return true if inside_transaction? && apart(serialized_here(job), options)

      job.enqueue(options) ? true : false
    end

    # In SQLite nobody else can write meanwhile; in a test, a transaction of its own is rolled back after it.
    def inside_transaction?
      return false unless Object.const_defined?("ActiveRecord::Base")

      leased.any? do |pool|
        !Budget::OwnConnection.sqlite?(pool) && pool.with_connection do |connection|
          connection.transaction_open? && !Budget::OwnConnection.in_test?(connection)
        end
      end
    end

    def leased
      DatabaseConnections.pools.select(&:active_connection?)
    end

    # @return [ActiveJob::Base, false]
    def apart(job, options)
      thread = Thread.new do
        Thread.current.report_on_exception = false
        job.enqueue(options)
      ensure
        leased.each(&:release_connection)
      end
      thread.join(LIMIT) ? thread.value : thread.kill && false
    rescue StandardError
      false
    end

    # An app may add what it keeps for this thread, such as the tenant.
    def serialized_here(job)
      here = job.serialize.except("scheduled_at", "enqueued_at")
      job.dup.tap { |copy| copy.define_singleton_method(:serialize) { super().merge(here) } }
    end
  end
end
