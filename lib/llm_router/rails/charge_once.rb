# frozen_string_literal: true

require "active_support"
require "active_support/cache"
require "digest"

class LlmRouter
  # Makes the charge of a {ChargeJob} once for a budget that keeps no record of attempts, though a queue may deliver the
  # job twice. Remembers charges in Rails.cache, or without one, in the memory of this process.
  #
  # The charge is claimed first and marked after. The claim of a process that dies in between expires, and the charge is
  # made again: it may count twice, but a missing charge would void the cap.
  # @api private
  module ChargeOnce
    # Another delivery is making the charge, or the cache is down. {ChargeJob} retries.
    class UnderWay < Error; end

    # Seconds until a claim expires: longer than a charge takes.
    CLAIM_TIMEOUT = 600
    # Seconds until a mark expires: longer than a queue keeps a job.
    MARK_TIMEOUT = 60 * 60 * 24 * 60
    MEMORY = ActiveSupport::Cache::MemoryStore.new
    private_constant :MEMORY

    module_function

    # @param budget [#charge!]
    # @param attempt_id [String]
    # @yield the charge
    # @return [void]
    # @raise [UnderWay]
    def run(budget, attempt_id)
      key = "llm_router/charge/#{Digest::SHA256.hexdigest("#{budget.to_global_id} #{attempt_id}")}"
      return if store.read(key) == "charged"
      raise UnderWay, under_way unless store.write(key, "claimed", unless_exist: true, expires_in: CLAIM_TIMEOUT)

      charge(key) { yield } # rubocop:disable Style/ExplicitBlockArgument
    end

    def charge(key)
      yield
    rescue StandardError
      store.delete(key)
      raise
    else
      store.write(key, "charged", expires_in: MARK_TIMEOUT)
    end

    def store
      cache = ::Rails.cache if defined?(::Rails) && ::Rails.respond_to?(:cache)
      cache.nil? || cache.is_a?(ActiveSupport::Cache::NullStore) ? MEMORY : cache
    end

    def under_way
      "another delivery of the same charge is under way, or died less than #{CLAIM_TIMEOUT} s ago, or Rails.cache is " \
        "down: the charge is retried"
    end
  end
end
