# frozen_string_literal: true

# Workers that spec/rails/sidekiq/worker_spec.rb enqueues and its Sidekiq process performs.

require "global_id"
require "llm_router"
require "sidekiq"

# Of Debian bookworm's pair of Sidekiq and redis, one is newer than the other knows.
Redis.silence_deprecations = true if defined?(Redis) && Redis.respond_to?(:silence_deprecations=)

# As later versions are by themselves.
Sidekiq.strict_args!

# Each job stays in its set until an example enqueues it, however long that takes.
Sidekiq.configure_server do
  require "sidekiq/scheduled"
  Sidekiq::Scheduled::Enq.prepend(Module.new { def enqueue_jobs(*) = nil })
end

# Values in Redis, which the Sidekiq process and the spec both read and write.
module SharedState
  module_function

  def [](name)
    Sidekiq.redis { |redis| redis.get("state-#{name}") }
  end

  def []=(name, value)
    Sidekiq.redis { |redis| redis.set("state-#{name}", value.to_s) }
  end

  def list(name) = Sidekiq.redis { |redis| redis.lrange("list-#{name}", 0, -1) }
  def add(name, value) = Sidekiq.redis { |redis| redis.rpush("list-#{name}", value.to_s) }
end

# A record with a GlobalID, whose charges are in Redis.
class RedisBudget
  include GlobalID::Identification

  def self.find(id) = new(id)

  attr_reader :id

  def initialize(id) = @id = id
  def exhausted? = SharedState[:exhausted] == "true"
  def period_ends_at = Time.at(SharedState[:period_ends_at].to_i)

  def charge!(cost_usd)
    raise IOError, "gone" if SharedState[:broken] == "true"

    SharedState.add(:charges, cost_usd.to_s("F"))
  end
end

# The same, with reservations.
class ReservingRedisBudget < RedisBudget
  def reserve!(_usd, key:) = SharedState.add(:keys, key)
  def settle!(_reservation, cost_usd) = charge!(cost_usd)
  def release!(_reservation) = nil
end

# Calls a model, as the gateway of the example answers it.
module Drafting
  def perform(budget, id = "1")
    LlmRouter.configure do |config|
      config.base_url = SharedState[:gateway]
      config.api_key = "test-key"
      config.price_ttl = nil
      config.retries = 0
      config.chain :default, %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash]
    end
    router = LlmRouter.new(budget: Object.const_get(budget).new(id))
    SharedState.add(:answers, router.call(messages: [{ role: "user", content: "Hi" }], max_tokens: 5).content)
  end
end

class DraftWorker
  include Sidekiq::Worker
  include LlmRouter::SidekiqWorker
  include Drafting
end

class RaisingWorker < DraftWorker
  on_budget_exceeded :raise
end

class RetryNextPeriodWorker < DraftWorker
  sidekiq_options retry: 25
  on_budget_exceeded :retry_next_period
  sidekiq_retry_in { |_count, error| 7_000 if error.is_a?(KeyError) }

  def perform(*)
    raise KeyError if SharedState[:raise] == "KeyError"

    super
  end
end

if Sidekiq.const_defined?(:IterableJob)
  # Calls a model for each of three, and once fails for the second.
  class EachWorker
    include Sidekiq::IterableJob
    include LlmRouter::SidekiqWorker

    def build_enumerator(_budget, cursor:)
      array_enumerator(%w[1 2 3], cursor: cursor)
    end

    def each_iteration(item, budget)
      if item == "2" && SharedState.list(:failed).empty?
        SharedState.add(:failed, item)
        flush_state # Later versions do it by themselves.
        raise KeyError
      end
      Object.new.extend(Drafting).perform(budget, item)
    end
  end
end

GlobalID.app = "spec"
