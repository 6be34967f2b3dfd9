# frozen_string_literal: true

class LlmRouter
  # Enqueues a job that must survive a rollback of the caller's transaction: the money is spent. If the queue is in the
  # database, the job is a row of that transaction; so another thread inserts it, on a connection of its own.
  # @api private
  module Enqueue
    # Seconds for the other thread; after that the job is enqueued here. A duplicate is harmless: it charges once.
    THREAD_TIMEOUT = 10
    private_constant :THREAD_TIMEOUT

    module_function

    # @param job [ActiveJob::Base]
    # @param options [Hash] as +enqueue+ takes them
    # @return [Boolean]
    def call(job, **options)
      return true if inside_transaction? && on_own_connection(serialized_here(job), options)

      job.enqueue(options) ? true : false
    end

    # Not on SQLite, where no other connection can write meanwhile, nor in a test's own transaction.
    def inside_transaction?
      return false unless Object.const_defined?("ActiveRecord::Base")

      leased.any? do |pool|
        !Database.sqlite?(pool) && pool.with_connection do |connection|
          connection.transaction_open? && !Database::OwnConnection.in_test?(connection)
        end
      end
    end

    def leased
      DatabaseConnections.pools.select(&:active_connection?)
    end

    # @return [ActiveJob::Base, false]
    def on_own_connection(job, options)
      thread = Thread.new do
        Thread.current.report_on_exception = false
        job.enqueue(options)
      ensure
        leased.each(&:release_connection)
      end
      thread.join(THREAD_TIMEOUT) ? thread.value : thread.kill && false
    rescue StandardError
      false
    end

    # An app's +serialize+ may add values of this thread, such as the tenant.
    def serialized_here(job)
      here = job.serialize.except("scheduled_at", "enqueued_at")
      job.dup.tap { |copy| copy.define_singleton_method(:serialize) { super().merge(here) } }
    end
  end
end
