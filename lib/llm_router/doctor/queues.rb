# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Which queues the workers of each backend listen to, as they report it themselves. Loads no backend.
    # @api private
    module Queues
      # By the constant of each: returns the queues of each worker (with "*" for all), or nil if workers do not report.
      BACKENDS = {
        "Sidekiq" => lambda do |_|
          require "sidekiq/api" unless Object.const_defined?("Sidekiq::ProcessSet")
          Sidekiq::ProcessSet.new.map { |process| process["queues"] }
        end,
        "SolidQueue::Process" => lambda do |processes|
          alive = processes.where(kind: "Worker", last_heartbeat_at: SolidQueue.process_alive_threshold.ago..)
          alive.map { |worker| worker.metadata["queues"].to_s.split(",") }
        end,
        "GoodJob::Process" => lambda do |processes|
          states = processes.active.map { |process| Array(process.state["schedulers"]) }
          states.flatten.map { |scheduler| good_job(scheduler) }
        end,
        "Delayed::Worker" => ->(_) {}
      }.freeze
      private_constant :BACKENDS

      ADAPTERS = { "SidekiqAdapter" => "Sidekiq", "SolidQueueAdapter" => "SolidQueue::Process",
                   "Adapter" => "GoodJob::Process", "GoodJobAdapter" => "GoodJob::Process",
                   "DelayedJobAdapter" => "Delayed::Worker" }.freeze
      private_constant :ADAPTERS

      module_function

      # @param adapter [Object] of Active Job
      # @return [Array<Array<String>>, nil] nil if that cannot be known
      def of(adapter)
        backend = ADAPTERS[adapter.class.name.to_s.split("::").last]
        return unless backend && Object.const_defined?(backend)

        BACKENDS.fetch(backend).call(Object.const_get(backend))
      end

      # Such as "mice,whales:2", "*" or "-mice:5".
      def good_job(scheduler)
        text = scheduler.is_a?(Hash) ? (scheduler["queues"] || scheduler["name"]).to_s : scheduler.to_s
        text = text[/queues=([^ )]*)/, 1] || text
        text.split(":").first.to_s.split(",")
      end

      # @param queues [Array<String>] of a worker
      # @return [Boolean]
      def listens?(queues, queue)
        return !queues.map { |name| name.delete_prefix("-") }.include?(queue) if queues.first.to_s.start_with?("-")

        queues.any? { |name| name == queue || (name.end_with?("*") && queue.start_with?(name.delete_suffix("*"))) }
      end
    end
  end
end
