# frozen_string_literal: true

class LlmRouter
  # {Job} for a class that includes +Sidekiq::Job+ (or +Sidekiq::Worker+) itself.
  #
  # - {ChainExhausted} and {DeadlineExceeded}: Sidekiq retries with growing waits, and no sooner than a model may
  #   answer; nine times, or as often as +sidekiq_options retry:+ says with a number. Then the job is dead.
  # - {RequestRejected}, {ConfigurationError}: reported and discarded, as a retry would fail the same way.
  # - {BudgetExceeded}: scheduled for the end of the period if that is within +config.budget_wait+, which is no retry,
  #   and reported and discarded otherwise; {OnBudgetExceeded#on_budget_exceeded} changes that. If only reservations of
  #   other calls are in the way, it is retried like the first.
  # - A failed charge: +perform+ gets its answer, and a Sidekiq job of its own makes the charge.
  #
  # The class's own +sidekiq_retry_in+ takes precedence if it returns a value. The jid is part of the reservations'
  # idempotency keys. A shutdown ends the call, and Sidekiq pushes the job back.
  #
  # @example
  #   class DraftReplyWorker
  #     include Sidekiq::Job
  #     include LlmRouter::SidekiqWorker
  #
  #     def perform(message_id)
  #       message = Message.find(message_id)
  #       router = LlmRouter.new(budget: LlmBudget.for(message.organization))
  #       draft = router.call(messages: prompt(message), max_tokens: 400)
  #       message.update!(suggested_reply: draft.content)
  #     end
  #   end
  module SidekiqWorker
    require "llm_router/sidekiq/sidekiq_worker/run"
    autoload :ChargeWorker, "llm_router/sidekiq/sidekiq_worker/charge_worker"

    # Keeps the job that Sidekiq performs on this thread, which Sidekiq passes to middleware only.
    # @api private
    class Middleware
      HERE = :llm_router_sidekiq_job
      private_constant :HERE

      # @return [Hash, nil]
      def self.job
        Thread.current[HERE]
      end

      def call(_worker, job, _queue, &)
        FiberLocal.set(HERE, job, &)
      end
    end

    # Prepended to the class, around its own +perform+.
    # @api private
    module Performing
      def perform(*arguments)
        # A worker that was not queued has no jid; a subclass that calls super is being performed already.
        return super if jid.nil? || CurrentJob.current&.id == jid

        Run.new(self, arguments).call { super }
      end
    end

    # Prepended to the singleton class, so that the order of the +include+s does not matter.
    # @api private
    module Options
      def inherited(worker)
        super
        worker.prepend(Performing)
      end

      def get_sidekiq_options # rubocop:disable Naming/AccessorMethodName
        options = super
        options["retry"] == true ? options.merge("retry" => JobPolicy::ATTEMPTS - 1) : options
      end

      def sidekiq_retry_in_block
        own = super
        ->(count, error, *job) { own&.call(count, error, *job) || Run.retry_in(self, count, error) }
      end

      def sidekiq_retries_exhausted_block
        own = super
        lambda do |job, error|
          Run.gave_up(job, error)
          own&.call(job, error)
        end
      end
    end

    # @param base [Class]
    # @raise [ArgumentError] the class is not for Sidekiq
    # @api private
    def self.included(base)
      unless base.is_a?(Class) && base.ancestors.none? { |ancestor| ancestor.name == "ActiveJob::Base" }
        raise ArgumentError, "LlmRouter::SidekiqWorker, included in #{base}, is for a class that includes " \
                             "Sidekiq::Job; for Active Job include LlmRouter::Job"
      end
      unless Object.const_defined?("Sidekiq::Worker")
        raise ArgumentError, "LlmRouter::SidekiqWorker needs Sidekiq: require \"sidekiq\" first"
      end

      base.include(::Sidekiq::Worker) unless base.include?(::Sidekiq::Worker)
      base.extend(OnBudgetExceeded)
      base.singleton_class.prepend(Options)
      base.prepend(Performing)
    end

    if Object.const_defined?("Sidekiq::Worker")
      ::Sidekiq.configure_server { |config| config.server_middleware { |chain| chain.add(Middleware) } }
    end
  end
end
