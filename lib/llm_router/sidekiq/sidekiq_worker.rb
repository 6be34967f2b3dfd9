# frozen_string_literal: true

class LlmRouter
  # What {Job} is for Active Job, for a class that includes +Sidekiq::Job+ (or +Sidekiq::Worker+) itself.
  #
  # - {ChainExhausted} and {DeadlineExceeded}: Sidekiq retries it, ever later, and no sooner than a model may answer;
  #   nine times, or as often as +sidekiq_options retry:+ says with a number. Then the job is dead.
  # - {RequestRejected}, {ConfigurationError}: reported and not retried, for it would be the same.
  # - {BudgetExceeded}: scheduled for the end of the period if that is within +config.budget_wait+, which is no
  #   retry, and else reported and discarded; {OnBudgetExceeded#on_budget_exceeded} says otherwise. But where calls
  #   under way only hold the money, it is retried like the first.
  # - A failed charge: the answer reaches +perform+ all the same, and a Sidekiq job of its own makes the charge.
  #
  # The class's own +sidekiq_retry_in+ takes precedence where it returns something. Reservations are named by the job's
  # jid. A shutdown ends the call, and Sidekiq pushes the job back.
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

    # Which job Sidekiq performs here: Sidekiq gives it to middleware alone.
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

    # Prepended, for it surrounds the class's own.
    # @api private
    module Performing
      def perform(*arguments)
        # A worker that nobody queued has no jid, and a subclass that calls super is performed already.
        return super if jid.nil? || CurrentJob.current&.id == jid

        Run.new(self, arguments).call { super }
      end
    end

    # Prepended to the class's singleton, so that it holds whatever the order of the +include+s.
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
    # @raise [ArgumentError] it is no class for Sidekiq
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
