# frozen_string_literal: true

require "active_job"
require "active_support/key_generator"
require "global_id"
require_relative "../../record/record_helper"
require_relative "../../support/article/app"

# A job whose answers are kept, in an app with a secret.
module Remembering
  SECRET = "a secret key base of the app, which is long enough"

  # As much of Rails as encrypts.
  App = Struct.new(:secret) do
    def key_generator
      @key_generator ||= ActiveSupport::CachingKeyGenerator.new(ActiveSupport::KeyGenerator.new(secret, iterations: 10))
    end
  end

  # As much of Rails as there is beside it.
  def with_secret(secret = SECRET)
    app = App.new(secret)
    stub_const("Rails", Module.new { define_singleton_method(:application) { app } })
  end

  def remember(**settings, &block)
    configure(remember_answers: 900, price_ttl: nil, **settings) do |config|
      Support::CHAIN.each { |name| config.price name, prompt: "0", completion: "0.01" }
      block&.call(config)
    end
  end

  # @yield the job's perform
  def job_class(&)
    Class.new(ApplicationJob) do
      include LlmRouter::Job
      define_method(:perform, &)
    end
  end

  # A job that is killed in its first run, or fails with what it is given.
  def job_that(error = nil, budget: self.budget, **options)
    seen = self.seen
    job_class do
      seen << LlmRouter.new(budget: budget).call(messages: Support::MESSAGES, max_tokens: 50, **options)
      raise error if error && seen.one?

      throw :killed if seen.one?
    end
  end

  # What the runs of the job were given.
  def seen
    @seen ||= []
  end

  def kill_and_run(job = DraftJob.new)
    die(job)
    yield if block_given?
    job.perform_now
  end

  def answers_table
    LlmRouter::RememberedAnswers::Table.beside(model)
  end

  # A run that dies like a killed process: nothing of the job's own comes after.
  def die(job)
    catch(:killed) { job.perform_now }
  end
end
